// Handlers that take their time, and peers that send more than is handled: who waits, and who does not.
// Source: FEATURES P4, M4; DESIGN §3 (strand)
#include "integration/Memory.hpp"
#include "integration/Probe.hpp"
#include "integration/SessionBox.hpp"

#include <patchbay/async.hpp>
#include <patchbay/executor.hpp>

#include <condition_variable>
#include <mutex>
#include <numeric>
#include <vector>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::steady_clock;

/// Handlers stand here until the test opens it.
class Barrier {
public:
    void wait() {
        std::unique_lock guard{lock_};
        ++waiting_;
        changed_.notify_all();
        changed_.wait_for(guard, kPatience, [&] { return open_; });
    }
    void open() {
        const std::lock_guard guard{lock_};
        open_ = true;
        changed_.notify_all();
    }
    /// Waits until so many have come.
    bool holds(int count) {
        std::unique_lock guard{lock_};
        return changed_.wait_for(guard, kPatience, [&] { return waiting_ >= count; });
    }

private:
    std::mutex lock_;
    std::condition_variable changed_;
    bool open_ = false;
    int waiting_ = 0;
};

/// "block" stands at the barrier, "flood" fills its own send queue first; of everything else the beginning comes back.
class Blocking {
    SERVER_ENDPOINT(Blocking, "/blocking", .maxMessageSize = 1_MiB, .sendQueue = {.bytes = 256_KiB, .whenFull = DropNewest},
                    .dispatch = Worker)
public:
    Blocking(Barrier& barrier, Journal& journal) : barrier_{barrier}, journal_{journal} {}

    ON_MESSAGE(said)
    std::optional<std::string> said(Session session, std::string_view text) {
        if (text != "block" && text != "flood") return std::string{text.substr(0, 8)};
        while (text == "flood" && session.droppedMessages() == 0) session.send(std::string(16'000, 'x'));
        journal_.add("blocked");
        barrier_.wait();
        return std::nullopt;
    }
    ON_CLOSE(left)
    void left(CloseReason reason) { journal_.add(lineOf(reason)); }

private:
    Barrier& barrier_;
    Journal& journal_;
};

/// Answers on its loop.
class Brisk {
    SERVER_ENDPOINT(Brisk, "/brisk")
public:
    ON_MESSAGE(said)
    std::string_view said(std::string_view text) { return text; }
};

/// Numbers, one to a message; receives none until the test says so.
class Counted {
    SERVER_ENDPOINT(Counted, "/counted", .maxMessageSize = 64_KiB)
public:
    Counted(SessionBox& box, std::vector<int>& numbers) : box_{box}, numbers_{numbers} {}

    ON_OPEN(opened)
    void opened(Session session) {
        session.pauseReceiving();
        box_.put(session);
    }
    ON_MESSAGE(said)
    void said(Session session, std::string_view text) {
        if (text == "end") return session.send("all");
        numbers_.push_back(std::stoi(std::string{text.substr(0, 8)}));
    }

private:
    SessionBox& box_;
    std::vector<int>& numbers_;
};

class HandlersTest : public testing::Test {
protected:
    explicit HandlersTest(ServerConfig config = quickConfig()) : server{std::move(config)} {
        server->provide(barrier);
        server->provide(numbers);
        server->provide(box);
    }
    ~HandlersTest() override { barrier->open(); }

    std::shared_ptr<Barrier> barrier = std::make_shared<Barrier>();
    std::shared_ptr<std::vector<int>> numbers = std::make_shared<std::vector<int>>();
    std::shared_ptr<SessionBox> box = std::make_shared<SessionBox>();
    TestServer server;
};

TEST_F(HandlersTest, AWorkerThatBlocksDelaysNobodyElse) {
    server.start<Blocking, Brisk>();
    auto blocked = server.connect("/blocking");
    blocked.text("block");
    ASSERT_TRUE(barrier->holds(1));
    auto other = server.connect("/blocking");
    auto brisk = server.connect("/brisk");
    for (int i = 0; i < 100; ++i) {
        other.text("hello");
        brisk.text("hello");
        EXPECT_EQ(other.nextText(), "hello");
        EXPECT_EQ(brisk.nextText(), "hello");
    }
    blocked.text("behind it");
    barrier->open();
    EXPECT_EQ(blocked.nextText(), "behind i");
}

// FEATURES P4.
TEST_F(HandlersTest, APongComesWhileAWorkerBlocksAndTheSendQueueIsFull) {
    server.start<Blocking>();
    auto peer = server.connect("/blocking", {}, {.receiveBuffer = 4096});
    peer.text("flood");
    server.journal().waitFor("blocked");
    auto best = Time::duration::max();
    for (int attempt = 0; attempt < 5; ++attempt) {
        const auto begin = Time::now();
        peer.ping("are you there?");
        Frame frame;
        do {
            frame = peer.next();  // what the full queue lets go
        } while (frame.opcode != kPong);
        EXPECT_EQ(frame.payload, "are you there?");
        best = std::min(best, Time::now() - begin);
    }
    EXPECT_LT(best, 100ms);
    EXPECT_EQ(server.journal().count("blocked"), 1u) << "the handler still blocks";
}

TEST_F(HandlersTest, ACloseIsAnsweredWhileAWorkerBlocksAndItsHandlerComesAfterIt) {
    server.start<Blocking>();
    auto peer = server.connect("/blocking");
    peer.text("block");
    ASSERT_TRUE(barrier->holds(1));
    peer.text("behind it");
    peer.close(4000, "bye");
    EXPECT_EQ(peer.nextClose().code, 4000);
    EXPECT_TRUE(peer.socket().ends());
    EXPECT_EQ(server.journal().count("close"), 0u);
    barrier->open();
    EXPECT_EQ(server.journal().waitFor("close"), "close 4000 peer bye");
}

TEST_F(HandlersTest, AWorkerThatDoesNotComeBackIsNamedByTheStopAndGetsItsCloseHandlerWhenItDoes) {
    server.start<Blocking>();
    auto peer = server.connect("/blocking");
    peer.text("block");
    ASSERT_TRUE(barrier->holds(1));
    EXPECT_FALSE(server->stop());
    EXPECT_EQ(server.journal().count("close"), 0u);
    barrier->open();
    EXPECT_EQ(server.journal().waitFor("close"), "close 1001 shutdown server shuts down");
}

// FEATURES M4.
TEST_F(HandlersTest, WhileReceivingIsPausedThePeersWindowClosesAndMemoryIsFlatAndThenAllOfItComesInOrder) {
    server.start<Counted>();
    auto peer = server.connect("/counted");
    const Session session = box->take();
    constexpr int kMessages = 2000;
    std::string all;
    for (int i = 0; i < kMessages; ++i) {
        std::string number = std::to_string(i);
        number.insert(0, 8 - number.size(), '0');
        all += clientFrame(kText, number + std::string(32'000, '.'));
    }
    const std::size_t before = residentBytes();
    const std::size_t taken = peer.socket().sendUntilFull(all, 300ms);
    const std::size_t after = residentBytes();
    EXPECT_LT(taken, all.size() / 2) << "64 MB, and the kernel's buffers are a few";
    EXPECT_LT(after - std::min(before, after), std::size_t{2} << 20);
    EXPECT_TRUE(numbers->empty());
    EXPECT_FALSE(session.isReceiving());
    session.resumeReceiving();
    peer.socket().send(std::string_view{all}.substr(taken));
    peer.text("end");
    EXPECT_EQ(peer.nextText(), "all");
    std::vector<int> expected(kMessages);
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(*numbers, expected);
}

TEST_F(HandlersTest, AFullReceiveQueueOfAWorkerLosesNothingEither) {
    server.start<Blocking>();
    auto peer = server.connect("/blocking");
    peer.text("block");
    ASSERT_TRUE(barrier->holds(1));
    std::string all;
    constexpr int kMessages = 1280;
    for (int i = 0; i < kMessages; ++i) all += clientFrame(kText, std::to_string(10'000'000 + i) + std::string(50'000, 'm'));
    const std::size_t taken = peer.socket().sendUntilFull(all, 200ms);
    EXPECT_LT(taken, all.size()) << "64 MB, and the kernel's buffers take up to 40";
    barrier->open();
    peer.socket().send(std::string_view{all}.substr(taken));
    for (int i = 0; i < kMessages; ++i) EXPECT_EQ(peer.nextText(), std::to_string(10'000'000 + i));
}

}  // namespace
}  // namespace patchbay::test
