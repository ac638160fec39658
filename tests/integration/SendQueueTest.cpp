// A peer that does not read: what waits for it is bounded, and what happens beyond that is the endpoint's policy.
// Source: DESIGN §3 (sends), FEATURES M2
#include "integration/Memory.hpp"
#include "integration/Probe.hpp"
#include "integration/SessionBox.hpp"

namespace patchbay::test {
namespace {

constexpr std::size_t kQueue = 256 * 1024;
constexpr std::size_t kMessage = 8 * 1024;
constexpr int kMessages = 4000;  // 32 MB: more than the kernel takes for a connection whose reader has a small buffer
constexpr std::size_t kSpare = std::size_t{2} << 20;  // of memory, for whatever else happens in this process

class Flooded {
    SERVER_ENDPOINT(Flooded, "/flooded")
public:
    Flooded(Journal& journal, SessionBox& box) : journal_{journal}, box_{box} {}
    ON_OPEN(opened)
    void opened(Session session) { box_.put(session); }
    ON_MESSAGE(said)
    std::string_view said(std::string_view text) { return text; }
    ON_CLOSE(closed)
    void closed(CloseReason reason) { journal_.add(lineOf(reason)); }

private:
    Journal& journal_;
    SessionBox& box_;
};

/// Greets with more than its queue holds.
class Effusive {
    SERVER_ENDPOINT(Effusive, "/effusive", .sendQueue = {.bytes = 1_KiB})
public:
    ON_OPEN(opened)
    void opened(Session session) {
        for (int i = 0; i < 20; ++i) session.send(std::string(100, 'x'));
    }
};

/// Sends a message of the size that it is asked for.
class Sized {
    SERVER_ENDPOINT(Sized, "/sized", .sendQueue = {.bytes = 1000})
public:
    ON_MESSAGE(said)
    void said(Session session, int size) { session.send(std::string(static_cast<std::size_t>(size), 'x')); }
};

/// A message of kMessage bytes that begins with its number.
std::string numbered(int number) {
    std::string text = std::to_string(number) + " ";
    text.resize(kMessage, '.');
    return text;
}

class SendQueue : public testing::Test {
protected:
    void start(WhenFull policy) {
        ServerConfig config = quickConfig();
        config.endpoints["/flooded"].sendQueue = {Size{kQueue}, policy};
        server_.emplace(config);
        server()->provide(box);
        server().start<Flooded>();
        peer.emplace(server().connect("/flooded", {}, {.receiveBuffer = 4096}));
        session.emplace(box->take());
    }
    TestServer& server() { return *server_; }

    /// Sends while nobody reads. Returns how many were sent, and how much memory that took.
    std::pair<int, std::size_t> flood() {
        const std::size_t before = residentBytes();
        int sent = 0;
        try {
            for (; sent < kMessages; ++sent) session->send(numbered(sent));
        } catch (const SessionClosed&) {
        }
        const std::size_t after = residentBytes();
        return {sent, after > before ? after - before : 0};
    }

    /// The numbers of the messages that arrive before `marker`.
    std::vector<int> numbersUntil(std::string_view marker) {
        std::vector<int> numbers;
        for (std::string text = peer->nextText(); text != marker; text = peer->nextText()) numbers.push_back(std::stoi(text));
        return numbers;
    }

    std::shared_ptr<SessionBox> box = std::make_shared<SessionBox>();
    std::optional<TestServer> server_;
    std::optional<RawWebSocket> peer;
    std::optional<Session> session;
};

bool isRising(const std::vector<int>& numbers) {
    return std::adjacent_find(numbers.begin(), numbers.end(), [](int a, int b) { return a >= b; }) == numbers.end();
}

TEST_F(SendQueue, ThatCloses_BreaksWithAReaderThatStalls_AndCountsIt) {
    start(WhenFull::Close);
    const auto [sent, grown] = flood();
    EXPECT_LT(sent, kMessages);
    EXPECT_LE(grown, kQueue + kSpare);
    EXPECT_FALSE(session->isOpen());
    EXPECT_EQ(server().journal().waitFor("close"), "close 1013 queue-full reads too slowly");
    EXPECT_EQ(server()->closedFor(CloseCause::QueueFull), 1u);
}

TEST_F(SendQueue, ThatCloses_DropsWhatWaitsAndTries1013) {
    start(WhenFull::Close);
    flood();
    // The peer wakes up at once: the Close comes behind what was on its way.
    std::size_t received = 0;
    RawWebSocket::Close close;
    for (Frame frame = peer->next();; frame = peer->next(), ++received) {
        if (frame.opcode != kClose) continue;
        close.code = static_cast<unsigned char>(frame.payload[0]) * 256 + static_cast<unsigned char>(frame.payload[1]);
        break;
    }
    EXPECT_EQ(close.code, 1013);
    EXPECT_LT(received, static_cast<std::size_t>(kMessages));
}

TEST_F(SendQueue, ThatCloses_ResetsAPeerThatStaysDeafForASecond) {
    start(WhenFull::Close);
    flood();
    EXPECT_TRUE(eventually([&] { return server()->sessionCount() == 0; }));
    std::this_thread::sleep_for(std::chrono::milliseconds{1300});  // deaf for longer than the goodbye is tried
    peer->socket().readToEnd();
    EXPECT_TRUE(peer->socket().wasReset());
}

TEST_F(SendQueue, ThatDropsTheOldest_KeepsTheSessionAndTheNewest) {
    start(WhenFull::DropOldest);
    const auto [sent, grown] = flood();
    EXPECT_EQ(sent, kMessages);
    EXPECT_LE(grown, kQueue + kSpare);
    peer->text("end");
    const auto numbers = numbersUntil("end");
    EXPECT_TRUE(isRising(numbers));
    EXPECT_LT(numbers.size(), static_cast<std::size_t>(kMessages)) << "nothing had to be dropped: no test of anything";
    ASSERT_FALSE(numbers.empty());
    EXPECT_EQ(numbers.back(), kMessages - 1);
    EXPECT_EQ(numbers.size() + session->droppedMessages(), static_cast<std::size_t>(kMessages)) << "each is sent or counted";
    EXPECT_TRUE(session->isOpen());
}

TEST_F(SendQueue, ThatDropsTheNewest_KeepsTheSessionAndTheStart) {
    start(WhenFull::DropNewest);
    const auto [sent, grown] = flood();
    EXPECT_EQ(sent, kMessages);
    EXPECT_LE(grown, kQueue + kSpare);
    EXPECT_GT(session->droppedMessages(), 0U);
    // Whatever the queue holds by now is the start without a gap; only once it has drained a bit is there room again.
    for (int expected = 0; expected < 20; ++expected) EXPECT_EQ(std::stoi(peer->nextText()), expected);
    EXPECT_TRUE(session->isOpen());
    ASSERT_TRUE(eventually([&] {
        session->send("end");
        return peer->socket().hasSomething(std::chrono::milliseconds{0}) && peer->nextText() == "end";
    }));
}

TEST(SendQueueOfAnOpenHandler, ThatIsOverfilledClosesWith1013BehindThe101) {
    TestServer server;
    server.start<Effusive>();
    RawWebSocket peer = server.connect("/effusive");
    EXPECT_EQ(peer.answer().header("sec-websocket-accept"), kSampleAccept);
    EXPECT_EQ(peer.nextClose().code, 1013);
}

TEST(SendQueueThatIsEmpty, TakesAMessageOfItsSizeAndNoneBeyond) {
    TestServer server;
    server.start<Sized>();
    RawWebSocket peer = server.connect("/sized");
    peer.text("1000");
    EXPECT_EQ(peer.nextText().size(), 1000u);
    peer.text("1001");
    EXPECT_EQ(peer.nextClose().code, 1013);
}

TEST_F(SendQueue, PongsAndClosesPassAQueueThatIsFull) {
    start(WhenFull::DropNewest);
    flood();
    peer->ping("alive?");
    peer->close(1000);
    int pongs = 0;
    for (Frame frame = peer->next(); frame.opcode != kClose; frame = peer->next()) {
        if (frame.opcode == kPong && frame.payload == "alive?") ++pongs;
    }
    EXPECT_EQ(pongs, 1);
}

}  // namespace
}  // namespace patchbay::test
