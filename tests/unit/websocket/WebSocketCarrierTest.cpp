// A WebSocket whose session does not want to hear more for now: real sockets, plain and TLS, on a loop that the test
// turns.
#include "websocket/WebSocketCarrier.hpp"

#include "support/CapturedLog.hpp"
#include "support/Certificate.hpp"
#include "support/TlsClient.hpp"
#include "transport/TlsContext.hpp"
#include "unit/protocol/Wire.hpp"
#include "unit/transport/Sockets.hpp"

#include <patchbay/annotations.hpp>

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace patchbay::websocket {
namespace {

using namespace std::chrono_literals;
using protocol::testing::clientFrame, protocol::testing::closeBody, protocol::testing::hex,
    protocol::testing::serverFrame;
using ::testing::ElementsAre, ::testing::IsEmpty, ::testing::SizeIs;
using transport::SocketChannel;

constexpr std::string_view kKey{"\x37\xfa\x21\x3d", 4};

std::string text(std::string_view payload) { return clientFrame(0x81, payload, kKey); }

/// What the endpoint below heard, and what it does then.
struct Ear {
    std::vector<std::string> heard;
    std::vector<CloseReason> closed;
    std::function<void(const Session&)> whenOpened;
    std::function<void(const Session&, std::string_view)> whenHeard;
};

class Listening {
    SERVER_ENDPOINT(Listening, "/listening")
public:
    explicit Listening(Ear& ear) : ear_{ear} {}
    ON_OPEN(opened)
    void opened(Session session) {
        if (ear_.whenOpened) ear_.whenOpened(session);
    }
    ON_MESSAGE(said)
    void said(Session session, std::string_view text) {
        ear_.heard.emplace_back(text);
        if (ear_.whenHeard) ear_.whenHeard(session, text);
    }
    ON_CLOSE(left)
    void left(CloseReason reason) { ear_.closed.push_back(std::move(reason)); }

private:
    Ear& ear_;
};

/// The far end: what it says leaves as the kernel takes it.
class Client {
public:
    Client(int descriptor, bool secure) : socket_{descriptor} {
        if (secure) tls_.emplace();
    }

    void say(std::string_view bytes) {
        if (tls_)
            tls_->say(bytes);
        else
            output_ += bytes;
        pump();
    }
    void pump() {
        if (gone_) return;
        const std::string arrived = socket_.read();
        if (!tls_) heard_ += arrived;
        if (tls_ && !arrived.empty()) tls_->hear(arrived);
        if (tls_) output_ += tls_->takeOutput();
        while (sent_ < output_.size()) {
            const ssize_t put =
                ::send(socket_.descriptor(), output_.data() + sent_, output_.size() - sent_, MSG_NOSIGNAL);
            if (put <= 0) return;
            sent_ += static_cast<std::size_t>(put);
        }
    }
    /// Says it and reads nothing.
    void shout(std::string_view bytes) { ::send(socket_.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }
    bool isReady() const { return !tls_ || tls_->isReady(); }
    std::size_t unsent() const { return output_.size() - sent_; }
    std::string& heard() { return tls_ ? tls_->text() : heard_; }
    /// The server has ended the connection.
    bool ended() const { return socket_.ended() || socket_.error(); }
    bool wasReset() const { return static_cast<bool>(socket_.error()); }
    void finish() {
        if (tls_) tls_->sayGoodbye();
        pump();
        socket_.finish();
    }
    void reset() {
        gone_ = true;
        socket_.reset();
    }

private:
    transport::test::Peer socket_;
    std::optional<patchbay::test::TlsClient> tls_;
    std::string output_, heard_;
    std::size_t sent_ = 0;
    bool gone_ = false;
};

enum class Wire : std::uint8_t { Plain, Tls };

class WebSocketPause : public ::testing::TestWithParam<Wire> {
protected:
    WebSocketPause() {
        services.provide(ear);
        deploy([](Limits&) {});
    }
    /// The endpoint of the connections that follow.
    void deploy(const std::function<void(Limits&)>& limit) {
        auto model = detail::makeModel<Listening>();
        EndpointConfig config{model.className, model.path, {}, {}, {}, {}};
        config.limits.maxMessageSize = 1_MiB;
        config.limits.idleTimeout = {};
        config.limits.sendQueue.bytes = 16_MiB;
        limit(config.limits);
        endpoint = std::make_shared<messaging::DeployedEndpoint>(std::move(model), std::move(config), state, services);
    }
    ~WebSocketPause() override {
        while (!carriers.empty()) carriers.front().cut();
        client.reset();
        channel.reset();
        turnIdly();
        loop->retire();
    }

    /// A WebSocket behind its handshake, of which `firstBytes` have come along with the request.
    void connect(std::string_view firstBytes = {}) {
        const auto [near, far] = transport::test::tcpPair();
        const int small = 64 << 10, on = 1;
        ::setsockopt(near, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        for (const int end : {near, far}) ::setsockopt(end, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        transport::Socket socket{near};
        if (GetParam() == Wire::Tls) {
            const patchbay::test::Certificate certificate;
            const transport::CertificateFiles files{certificate.file(), certificate.keyFile()};
            socket.startTls(transport::TlsContext::load({&files, 1}));
        }
        channel = SocketChannel::open(*loop, std::move(socket), {});
        channel->start(gate);
        client.emplace(far, GetParam() == Wire::Tls);
        ASSERT_TRUE(turnUntil([&] { return client->isReady(); }));
        for (int i = 0; i < 3; ++i) turn();

        messaging::SessionStart start{};
        start.instance = endpoint->code->model.construct(endpoint->services, {});
        session = std::make_shared<messaging::SessionCore>(endpoint, 0, std::move(start));
        ASSERT_TRUE(endpoint->add(session));
        std::string first{firstBytes};
        first.resize(firstBytes.size() + kSlackBytes);
        WebSocketCarrier::start({channel, session, {}, transport::ConnectionPlace{count}}, carriers,
                                std::as_writable_bytes(std::span{first}).first(firstBytes.size()));
    }

    void turn() {
        if (client) client->pump();
        loop->runOnce(0ms);
    }
    bool turnUntil(const std::function<bool()>& holds) {
        return transport::test::turnUntil(*loop, [&] {
            if (client) client->pump();
            return holds();
        });
    }
    /// Turns for as long as it takes to see that nothing happens.
    void turnIdly() {
        for (int i = 0; i < 5; ++i) turn();
    }
    WebSocketCarrier& carrier() { return carriers.front(); }
    /// From now on it pauses after each message.
    void pauseAfterEach() {
        ear->whenHeard = [this](const Session&, std::string_view) { carrier().pauseReading(); };
    }
    std::vector<std::string>& heard() const { return ear->heard; }
    bool hasHeard(std::size_t messages) {
        return turnUntil([&] { return heard().size() >= messages; });
    }

    const std::shared_ptr<transport::EventLoop> loop = std::make_shared<transport::EventLoop>();
    const Loop::Turning turning{*loop};
    const std::shared_ptr<messaging::ServerState> state =
        std::make_shared<messaging::ServerState>(std::vector<std::shared_ptr<Loop>>{loop});
    const std::shared_ptr<transport::ConnectionCount> count = std::make_shared<transport::ConnectionCount>(state->ended);
    const std::shared_ptr<Ear> ear = std::make_shared<Ear>();
    Services services;
    std::shared_ptr<messaging::DeployedEndpoint> endpoint;
    WebSocketCarrier::List carriers;
    transport::test::Recorder gate;
    SocketChannel::Pointer channel;
    std::optional<Client> client;
    std::shared_ptr<messaging::SessionCore> session;
};

INSTANTIATE_TEST_SUITE_P(Over, WebSocketPause, ::testing::Values(Wire::Plain, Wire::Tls),
                         [](const auto& param) { return param.param == Wire::Tls ? "Tls" : "Tcp"; });

TEST_P(WebSocketPause, KeepsWhatWasReadBehindItAndGoesOnInOrderButNotWithinTheCall) {
    connect();
    pauseAfterEach();
    client->say(text("one") + text("two") + text("three"));
    ASSERT_TRUE(hasHeard(1));
    turnIdly();
    EXPECT_THAT(heard(), ElementsAre("one"));
    client->say(text("four"));
    turnIdly();
    for (std::size_t next = 2; next <= 4; ++next) {
        carrier().resumeReading();
        EXPECT_THAT(heard(), SizeIs(next - 1)) << "within the call";
        ASSERT_TRUE(hasHeard(next));
        turnIdly();
        EXPECT_THAT(heard(), SizeIs(next));
    }
    EXPECT_THAT(heard(), ElementsAre("one", "two", "three", "four"));
}

TEST_P(WebSocketPause, IsIdempotentAndTheLastWordCounts) {
    connect();
    pauseAfterEach();
    client->say(text("one") + text("two") + text("three"));
    ASSERT_TRUE(hasHeard(1));
    carrier().resumeReading();
    carrier().pauseReading();
    turnIdly();
    EXPECT_THAT(heard(), SizeIs(1)) << "paused again";
    for (int i = 0; i < 3; ++i) carrier().resumeReading();
    turnIdly();
    EXPECT_THAT(heard(), SizeIs(2)) << "resumed once";
    for (int i = 0; i < 3; ++i) {
        carrier().pauseReading();
        carrier().resumeReading();
    }
    turnIdly();
    EXPECT_THAT(heard(), ElementsAre("one", "two", "three"));
}

TEST_P(WebSocketPause, ThatEndsWithinItsMessageStopsNothing) {
    connect();
    ear->whenHeard = [this](const Session&, std::string_view) {
        carrier().pauseReading();
        carrier().resumeReading();
    };
    client->say(text("one") + text("two"));
    ASSERT_TRUE(hasHeard(2));
    pauseAfterEach();
    client->say(text("three") + text("four") + text("five"));
    ASSERT_TRUE(hasHeard(3));
    ear->whenHeard = [this](const Session&, std::string_view) {
        carrier().pauseReading();
        carrier().resumeReading();
    };
    carrier().resumeReading();
    ASSERT_TRUE(hasHeard(5));
    client->say(text("six"));
    EXPECT_TRUE(hasHeard(6));
}

TEST_P(WebSocketPause, LosesNothingOfManyMessagesOfAnySize) {
    connect();
    std::vector<std::string> said;
    std::string bytes;
    for (std::size_t i = 0; i < 300; ++i) {
        said.push_back(std::to_string(i) + std::string(i % 50 == 7 ? 150'000 : i * i % 5'000, 'x'));
        bytes += text(said.back());
    }
    std::size_t pauses = 0;
    ear->whenHeard = [&](const Session& here, std::string_view) {
        if (heard().size() % 3 != 0) return;
        ++pauses;
        carrier().pauseReading();
        here.post([this] { carrier().resumeReading(); });
    };
    client->say(bytes);
    ASSERT_TRUE(hasHeard(said.size()));
    EXPECT_EQ(heard(), said);
    EXPECT_EQ(pauses, 100U);
}

TEST_P(WebSocketPause, AtAMessageThatIsReadToItsPlaceKeepsWhatCameBehindIt) {
    connect();
    pauseAfterEach();
    const std::string large(500'000, 'l');
    client->say(text(large) + text("next"));
    ASSERT_TRUE(hasHeard(1));
    turnIdly();
    EXPECT_THAT(heard(), ElementsAre(large));
    carrier().resumeReading();
    ASSERT_TRUE(hasHeard(2));
    EXPECT_EQ(heard().back(), "next");
}

TEST_P(WebSocketPause, InTheMiddleOfAMessageGoesOnInTheMiddle) {
    connect();
    const std::string large(500'000, 'l');
    const std::string frame = text(large);
    client->say(frame.substr(0, 100'000));
    turnIdly();
    carrier().pauseReading();
    client->say(frame.substr(100'000));
    turnIdly();
    EXPECT_THAT(heard(), IsEmpty());
    carrier().resumeReading();
    ASSERT_TRUE(hasHeard(1));
    EXPECT_EQ(heard().front(), large);
}

TEST_P(WebSocketPause, InTheOpenHandlerKeepsWhatCameWithTheHandshake) {
    ear->whenOpened = [this](const Session&) { carrier().pauseReading(); };
    connect(text("one") + text("two"));
    client->say(text("three"));
    turnIdly();
    EXPECT_THAT(heard(), IsEmpty());
    carrier().resumeReading();
    ASSERT_TRUE(hasHeard(3));
    EXPECT_THAT(heard(), ElementsAre("one", "two", "three"));
}

TEST_P(WebSocketPause, LeavesThePeerToWaitWhenTheBuffersAreFull) {
    connect();
    pauseAfterEach();
    const std::string message(64'000, 'm');
    constexpr std::size_t kMessages = 150;
    const std::string frame = text(message);
    std::string all;
    for (std::size_t i = 0; i < kMessages; ++i) all += frame;
    client->say(all);
    ASSERT_TRUE(hasHeard(1));
    for (int i = 0; i < 200; ++i) turn();
    EXPECT_THAT(heard(), SizeIs(1));
    EXPECT_GT(client->unsent(), all.size() / 4) << "the rest waits at the peer";
    ear->whenHeard = {};
    carrier().resumeReading();
    EXPECT_TRUE(hasHeard(kMessages));
    EXPECT_EQ(heard(), std::vector<std::string>(kMessages, message));
}

TEST_P(WebSocketPause, LetsThePingsBehindItWaitAndStopsNothingThatIsSent) {
    connect();
    pauseAfterEach();
    client->say(clientFrame(0x89, "a") + text("one") + clientFrame(0x89, "b"));
    ASSERT_TRUE(hasHeard(1));
    Session{session}.send("sent while it is paused");
    turnIdly();
    const std::string before = serverFrame(0x8A, "a") + serverFrame(0x81, "sent while it is paused");
    EXPECT_EQ(client->heard(), before);
    carrier().resumeReading();
    EXPECT_TRUE(turnUntil([&] { return client->heard() == before + serverFrame(0x8A, "b"); }));
}

TEST_P(WebSocketPause, WhatIsFedLaterIsSentOnFromWhereItLies) {
    connect();
    pauseAfterEach();
    std::string bytes, echoed;
    for (const char letter : {'a', 'b', 'c', 'd'}) bytes += text(std::string(20'000, letter));
    for (const char letter : {'b', 'c', 'd'}) echoed += serverFrame(0x81, std::string(20'000, letter));
    client->say(bytes);
    ASSERT_TRUE(hasHeard(1));
    turnIdly();
    ear->whenHeard = [](const Session& here, std::string_view said) { here.send(said); };
    const auto writes = channel->writeCalls();
    carrier().resumeReading();
    EXPECT_TRUE(turnUntil([&] { return client->heard().size() >= echoed.size(); }));
    EXPECT_EQ(client->heard(), echoed);
    if (GetParam() == Wire::Tls) return;
    EXPECT_LE(channel->writeCalls(), writes + 2) << "one for all that is fed, and what the kernel does not take then";
}

// ---- the peer's end

TEST_P(WebSocketPause, ThePeersCloseComesBehindItsMessages) {
    for (const bool readAlready : {true, false}) {
        *ear = {};
        connect();
        pauseAfterEach();
        client->say(text("one") + text("two") + (readAlready ? clientFrame(0x88, closeBody(4001, "bye")) : ""));
        ASSERT_TRUE(hasHeard(1));
        turnIdly();
        if (!readAlready) client->say(clientFrame(0x88, closeBody(4001, "bye")));
        client->finish();
        turnIdly();
        EXPECT_THAT(ear->closed, IsEmpty());
        for (int i = 0; i < 2; ++i) {
            carrier().resumeReading();
            turnIdly();
        }
        ASSERT_TRUE(turnUntil([&] { return !ear->closed.empty(); }));
        EXPECT_THAT(heard(), ElementsAre("one", "two"));
        EXPECT_EQ(ear->closed.front().cause(), CloseCause::Peer);
        EXPECT_EQ(ear->closed.front().text(), "bye");
        EXPECT_TRUE(turnUntil([&] { return client->ended(); }));
    }
}

TEST_P(WebSocketPause, AnEndWithoutACloseComesBehindItsMessages) {
    for (const bool readAlready : {true, false}) {
        *ear = {};
        connect();
        pauseAfterEach();
        client->say(text("one") + (readAlready ? text("two") : ""));
        ASSERT_TRUE(hasHeard(1));
        if (!readAlready) client->say(text("two"));
        client->finish();
        turnIdly();
        EXPECT_THAT(ear->closed, IsEmpty());
        ear->whenHeard = {};
        carrier().resumeReading();
        ASSERT_TRUE(turnUntil([&] { return !ear->closed.empty(); }));
        EXPECT_THAT(heard(), ElementsAre("one", "two"));
        EXPECT_EQ(ear->closed.front().cause(), CloseCause::ConnectionLost);
    }
}

TEST_P(WebSocketPause, AResetIsALossAtOnceWhateverIsKept) {
    for (const bool resumed : {false, true}) {
        *ear = {};
        connect();
        pauseAfterEach();
        client->say(text("one") + text("two"));
        ASSERT_TRUE(hasHeard(1));
        client->reset();
        if (resumed) {
            ear->whenHeard = {};
            carrier().resumeReading();
        }
        ASSERT_TRUE(turnUntil([&] { return !ear->closed.empty(); }));
        EXPECT_EQ(ear->closed.front().cause(), CloseCause::ConnectionLost);
        EXPECT_TRUE(carriers.empty());
        turnIdly();
    }
}

TEST_P(WebSocketPause, ABrokenRuleBehindItFailsTheConnectionWhenItIsRead) {
    const test::CapturedLog log;
    connect();
    pauseAfterEach();
    client->say(text("one") + hex("ff 00") + text("two"));
    ASSERT_TRUE(hasHeard(1));
    turnIdly();
    EXPECT_THAT(ear->closed, IsEmpty());
    carrier().resumeReading();
    ASSERT_TRUE(turnUntil([&] { return !ear->closed.empty(); }));
    EXPECT_EQ(ear->closed.front().cause(), CloseCause::Protocol);
    EXPECT_THAT(heard(), ElementsAre("one"));
}

// ---- progress

TEST_P(WebSocketPause, AMessageThatIsBegunAndDoesNotGoOnEndsItsSessionWhateverElseComes) {
    const test::CapturedLog log;
    for (const std::string& begun : {std::string{"\x81"}, text("half a message").substr(0, 12), clientFrame(0x01, "a fragment", kKey)}) {
        deploy([](Limits& limits) { limits.messageTimeout = 40ms; });
        connect();
        *ear = {};
        client->say(text("whole") + begun);
        const auto begin = Clock::now();
        const std::string ping = begun.size() > 12 ? clientFrame(0x89, "", kKey) : "";  // between two frames
        ASSERT_TRUE(turnUntil([&] {
            client->say(ping);
            return !ear->closed.empty();
        }));
        EXPECT_GE(Clock::now() - begin, 40ms);
        EXPECT_EQ(ear->closed.front().cause(), CloseCause::MessageTimeout);
        ASSERT_TRUE(turnUntil([&] { return client->heard().find(closeBody(1008)) != std::string::npos; }));
        carrier().cut();
        turnIdly();
    }
}

TEST_P(WebSocketPause, AMessageThatGoesOnSlowlyIsHeard) {
    deploy([](Limits& limits) { limits.messageTimeout = 60ms; });
    connect();
    const std::string message = text("slow but steady");
    auto next = Clock::now();
    std::size_t said = 6;
    client->say(message.substr(0, said));
    ASSERT_TRUE(turnUntil([&] {
        if (Clock::now() >= next && said < message.size()) {
            client->say(message.substr(said++, 1));
            next = Clock::now() + 15ms;
        }
        return !heard().empty() || !ear->closed.empty();
    }));
    EXPECT_THAT(heard(), ElementsAre("slow but steady"));
}

TEST_P(WebSocketPause, TheTimeInWhichNobodyReadsAMessageDoesNotCount) {
    deploy([](Limits& limits) { limits.messageTimeout = 20ms; });
    connect();
    pauseAfterEach();
    client->say(text("one") + text("two").substr(0, 5));
    ASSERT_TRUE(hasHeard(1));
    const auto begin = Clock::now();
    ASSERT_TRUE(turnUntil([&] { return Clock::now() - begin > 100ms; }));
    EXPECT_THAT(ear->closed, IsEmpty());
    ear->whenHeard = nullptr;
    client->say(text("two").substr(5));
    carrier().resumeReading();
    EXPECT_TRUE(hasHeard(2));
}

TEST_P(WebSocketPause, APeerThatTakesNothingIsEndedWhateverItSends) {
    const test::CapturedLog log;
    deploy([](Limits& limits) { limits.sendTimeout = 60ms; });
    connect();
    while (channel->queuedBytes() == 0) {
        ASSERT_TRUE(Session{session}.trySend(std::string(64'000, 's')) == SendStatus::Queued);
        loop->runOnce(0ms);
    }
    const std::string pong = clientFrame(0x8A, "", kKey);
    ASSERT_TRUE(transport::test::turnUntil(*loop, [&] {
        if (GetParam() == Wire::Plain) client->shout(pong);
        return !ear->closed.empty();
    }));
    EXPECT_EQ(ear->closed.front().cause(), CloseCause::SendTimeout);
    EXPECT_EQ(ear->closed.front().code(), CloseCode::TryAgainLater);
    ASSERT_TRUE(transport::test::turnUntil(*loop, [&] { return carriers.empty(); })) << "it waits for a Close that nobody reads";
}

TEST_P(WebSocketPause, AMessageMayHaveAsManyFragmentsAsItsLimitAndNotOneMore) {
    const test::CapturedLog log;
    deploy([](Limits& limits) { limits.maxFragments = 3; });
    connect();
    const std::string first = clientFrame(0x01, "a", kKey), more = clientFrame(0x00, "b", kKey), last = clientFrame(0x80, "c", kKey);
    client->say(first + more + last);
    ASSERT_TRUE(hasHeard(1));
    EXPECT_THAT(heard(), ElementsAre("abc"));
    client->say(first + more + more + last);
    ASSERT_TRUE(turnUntil([&] { return !ear->closed.empty(); }));
    EXPECT_EQ(ear->closed.front().cause(), CloseCause::TooBig);
}

// ---- the server's end

TEST_P(WebSocketPause, OurOwnCloseReadsOnUntilThePeersAndPausesNoMore) {
    for (const bool kept : {true, false}) {
        for (const CloseCause cause : {CloseCause::Application, CloseCause::QueueFull}) {
            const test::CapturedLog log;
            *ear = {};
            connect();
            pauseAfterEach();
            client->say(text("one") + (kept ? text("two") : ""));
            ASSERT_TRUE(hasHeard(1));
            if (cause == CloseCause::Application)
                Session{session}.close();
            else
                Session{session}.closeFor(cause, {});
            carrier().pauseReading();
            ASSERT_TRUE(turnUntil([&] { return !client->heard().empty() && !ear->closed.empty(); }));
            EXPECT_EQ(ear->closed.front().cause(), cause);
            client->say(text("three") + clientFrame(0x88, closeBody(1000)));
            ASSERT_TRUE(turnUntil([&] { return client->ended(); }));
            EXPECT_FALSE(client->wasReset()) << "it was given up, since its Close was not seen";
            EXPECT_THAT(heard(), ElementsAre("one"));
        }
    }
}

TEST_P(WebSocketPause, ACloseFromWithinThePausedMessageReadsOnToo) {
    connect();
    ear->whenHeard = [this](const Session& here, std::string_view) {
        carrier().pauseReading();
        here.close(CloseCode{4000});
        carrier().pauseReading();
    };
    client->say(text("one") + text("two") + clientFrame(0x88, closeBody(4000)));
    EXPECT_TRUE(turnUntil([&] { return client->ended(); }));
    EXPECT_FALSE(client->wasReset());
    EXPECT_THAT(heard(), ElementsAre("one"));
    EXPECT_EQ(client->heard(), serverFrame(0x88, closeBody(4000)));
}

TEST_P(WebSocketPause, ACutDropsWhatIsKept) {
    for (const bool resumed : {false, true}) {
        *ear = {};
        connect();
        pauseAfterEach();
        client->say(text("one") + text("two"));
        ASSERT_TRUE(hasHeard(1));
        if (resumed) carrier().resumeReading();
        carrier().cut();
        turnIdly();
        EXPECT_THAT(heard(), ElementsAre("one"));
        ASSERT_THAT(ear->closed, SizeIs(1));
        EXPECT_EQ(ear->closed.front().cause(), CloseCause::ConnectionLost);
    }
}

}  // namespace
}  // namespace patchbay::websocket
