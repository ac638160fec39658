// Anomalies of bounds: what piles up, stands still, or is written over.
#include "anomalies/World.hpp"
#include "integration/Memory.hpp"

#include <patchbay/testkit.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <ctime>
#include <random>

namespace patchbay::test {

class Flood : public OnLoops {};
INSTANTIATE_TEST_SUITE_P(OnLoops, Flood, testing::Values(1, 2, 4));

namespace {

using testing::ElementsAre;

/// The loop of the last of them stands, until it is let go.
struct Busy {
    explicit Busy(Session session) {
        session.post([this] {
            inside.set_value();
            go.get_future().wait();
        });
        inside.get_future().wait();
    }
    ~Busy() { go.set_value(); }
    std::promise<void> inside, go;
};

TEST_P(Flood, OfALoopThatIsBusyWhileAThreadPublishesIsNotSeen) {
    ServerConfig config = configFor(GetParam());
    config.server.loopQueue = Size{2_MiB};
    config.server.publishTimeout = 1ms;
    config.limits.sendQueue.bytes = Size{1_MiB};
    TestServer server{config};
    const auto desk = std::make_shared<Desk>();
    const auto box = std::make_shared<SessionBox>();
    server->provide(desk).provide(box);
    server.start<Room>();
    RawWebSocket peer = server.connect("/room/x");
    const Session session = box->take();
    session.subscribe("t");
    const std::string large(64'000, 'x');
    const std::size_t before = residentBytes();
    std::size_t queued = 0, full = 0;
    {
        const Busy busy{session};
        for (int i = 0; i < 1000; ++i) {
            (server->topicsOf<Room>().tryPublish("t", large).status == SendStatus::Full ? full : queued) += 1;
        }
        EXPECT_LT(queued * large.size(), 2_MiB);
        EXPECT_GT(queued, 16u);
        EXPECT_EQ(queued + full, 1000u);
        const auto begin = std::chrono::steady_clock::now();
        EXPECT_THROW(server->topicsOf<Room>().publish("t", large), QueueFull);
        EXPECT_GE(std::chrono::steady_clock::now() - begin, config.server.publishTimeout);
        EXPECT_LT(residentBytes(), before + 24_MiB);
    }
    for (std::size_t i = 0; i < queued; ++i) EXPECT_EQ(peer.nextText().size(), large.size());
    EXPECT_TRUE(eventually(
        [&] { return server->topicsOf<Room>().tryPublish("t", "room again").status == SendStatus::Queued; }));
    EXPECT_EQ(peer.nextText(), "room again");
}

TEST(Flood, OfALoopThatIsBusyWhileAnotherLoopPublishesIsNotSeen) {
    ServerConfig config = configFor(2);
    config.server.loopQueue = Size{2_MiB};
    TestServer server{config};
    const auto desk = std::make_shared<Desk>();
    const auto box = std::make_shared<SessionBox>();
    server->provide(desk).provide(box);
    const std::string large(64'000, 'x');
    std::promise<void> published;
    desk->at("go", [&](const Session&, Topics& topics) {
        for (int i = 0; i < 1000; ++i) topics.publish("t", large);
        published.set_value();
    });
    server.start<Room>();
    RawWebSocket ann = server.connect("/room/x"), bob = server.connect("/room/x");
    const std::vector<Session> sessions{box->take(), box->take()};
    sessions[1].subscribe("t");
    const std::size_t before = residentBytes();
    {
        const Busy busy{sessions[1]};
        ann.text("go");
        EXPECT_EQ(published.get_future().wait_for(kPatience), std::future_status::ready) << "a loop does not wait";
        EXPECT_LT(residentBytes(), before + 24_MiB);
    }
    EXPECT_EQ(bob.skipToClose().code, 1013) << "its policy for what it has missed";
}

/// Units: nanoseconds that this thread has worked since `start`.
std::int64_t worked(std::int64_t start = 0) {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1'000'000'000 + now.tv_nsec - start;
}

TEST(Standstill, OfASessionWithTwentyThousandTopicsIsNotSeen) {
    testkit::TestServer server;
    const auto desk = std::make_shared<Desk>();
    const auto box = std::make_shared<SessionBox>();
    server.provide(desk).provide(box).deploy<Room>();
    auto& peer = server.connect("/room/x");
    const Session session = box->take();
    const std::int64_t begin = worked();
    for (int i = 0; i < 20'000; ++i) session.subscribe(std::to_string(i));
    server.settle();
    const std::int64_t joining = worked(begin), then = worked();
    peer.vanish();
    EXPECT_LT(worked(then), 10 * joining) << "was 7.6 s";
    EXPECT_EQ(desk->kept()->subscribers("7"), 0u);
}

TEST(Standstill, OfATopicWhoseMembersVanishAtRandomIsNotSeen) {
    testkit::TestServer server;
    const auto desk = std::make_shared<Desk>();
    const auto box = std::make_shared<SessionBox>();
    server.provide(desk).provide(box).deploy<Room>();
    std::vector<std::int64_t> took;
    for (const std::size_t members : {1'000, 8'000}) {
        std::vector<testkit::Peer*> peers;
        for (std::size_t i = 0; i < members; ++i) {
            peers.push_back(&server.connect("/room/x"));
            box->take().subscribe("t");
        }
        EXPECT_EQ(desk->kept()->subscribers("t"), members);
        std::shuffle(peers.begin(), peers.end(), std::mt19937{11});
        const std::int64_t start = worked();
        for (auto* peer : peers) peer->vanish();
        took.push_back(worked(start));
        EXPECT_EQ(desk->kept()->subscribers("t"), 0u);
    }
    EXPECT_LT(took[1], 24 * took[0]) << "eight times as many; with its square it would be 64";
}

struct Word {
    std::string word;
};

class Interrupting final : public MessageInterceptor {
public:
    Verdict sending(const Session& session, InterceptedMessage& message) override {
        const std::string text{asText(message.payload())};
        if (text.find("deeper") != std::string::npos || text.find("outer") == std::string::npos) return Verdict::Pass;
        session.send(Word{"inner"});
        message.replace(text + " and after");
        return Verdict::Pass;
    }
};

TEST(TornMessage, OfAHookThatSendsAStructMeanwhileIsNotSeen) {
    testkit::TestServer server;
    const auto desk = std::make_shared<Desk>();
    const auto box = std::make_shared<SessionBox>();
    server.provide(desk).provide(box).deploy<Room>();
    server.addInterceptor(std::static_pointer_cast<MessageInterceptor>(std::make_shared<Interrupting>()));
    auto& peer = server.connect("/room/x");
    box->take().send(Word{"outer"});
    EXPECT_EQ(peer.takeText(), R"({"type":"Word","word":"inner"})");
    EXPECT_EQ(peer.takeText(), R"({"type":"Word","word":"outer"} and after)");
}

/// Puts its name before every broadcast, in a form that has the same number in each.
class Naming final : public Extension {
public:
    explicit Naming(std::string name) : name_{std::move(name)} {}
    std::uint8_t rsvBits() const noexcept override { return 0x40; }
    std::size_t maxEncodedBytes(std::size_t bytes) const noexcept override { return bytes; }
    Decoded decode(std::uint8_t, Bytes, MessageBuffer&) override { return Decoded::Broken; }
    std::uint8_t encode(MessageKind, Bytes, MessageBuffer&) override { return 0; }
    std::uint8_t broadcastForm() const noexcept override { return 1; }
    std::uint8_t encodeBroadcast(MessageKind, Bytes payload, MessageBuffer& out) const override {
        return out.append(asBytes(name_ + ": " + std::string{asText(payload)})) ? 0x40 : 0;
    }

private:
    const std::string name_;
};

template <int Number>
class NamingFactory final : public ExtensionFactory {
public:
    std::string_view name() const noexcept override { return Number == 1 ? "one" : "two"; }
    std::optional<Agreed> accept(const ExtensionTerms& offer) override {
        return Agreed{offer, std::make_unique<Naming>(offer.name)};
    }
    std::vector<ExtensionTerms> offers() const override { return {}; }
    std::unique_ptr<Extension> agree(const ExtensionTerms&) override { return nullptr; }
};

TEST(ForeignForm, OfTwoExtensionsWithTheSameNumberIsNotSeen) {
    for (const int loops : {1, 2, 4}) {
        TestServer server{configFor(loops)};
        const auto desk = std::make_shared<Desk>();
        const auto box = std::make_shared<SessionBox>();
        server->provide(desk).provide(box);
        server->addExtension(std::make_shared<NamingFactory<1>>());
        server->addExtension(std::make_shared<NamingFactory<2>>());
        server.start<Room>();
        std::vector<RawWebSocket> peers;
        for (const auto* offer : {"one", "two", "one", "two", "none"}) {
            peers.push_back(server.connect("/room/x", std::string{"Sec-WebSocket-Extensions: "} + offer + "\r\n"));
            box->take().subscribe("t");
        }
        server->topicsOf<Room>().publish("t", "x");
        std::vector<std::string> texts;
        for (auto& peer : peers) texts.push_back(peer.next().payload);
        EXPECT_THAT(texts, ElementsAre("one: x", "two: x", "one: x", "two: x", "x"));
    }
}

}  // namespace
}  // namespace patchbay::test
