// Hooks that take their time, from outside: what a client gets, and what happens when somebody does not wait.
#include "integration/Probe.hpp"

#include <patchbay/carrier.hpp>
#include <patchbay/hooks.hpp>

#include <gmock/gmock.h>

#include <condition_variable>
#include <deque>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;

/// Defers every handshake, and gives the verdicts that the test says. It may outlive its server.
class Slow final : public HandshakeInterceptor {
public:
    void onHandshake(const HandshakeRequest& request, HandshakeResponse& response) override {
        if (request.target.starts_with("/probe/quick")) return;
        response.headers.emplace_back("X-Before", "yes");
        auto waiting = response.defer();
        if (request.target.starts_with("/probe/throws")) throw 42;
        if (request.target.starts_with("/probe/lost")) return;
        if (request.target.starts_with("/probe/at-once")) return waiting.finish(named("ann"));
        const std::lock_guard guard{lock_};
        waiting_.push_back(std::move(waiting));
        come_.notify_all();
    }
    HandshakeCompletion next() {
        std::unique_lock guard{lock_};
        if (!come_.wait_for(guard, kPatience, [&] { return !waiting_.empty(); })) throw std::runtime_error{"no handshake has come"};
        auto first = std::move(waiting_.front());
        waiting_.pop_front();
        return first;
    }
    static HandshakeResponse named(std::string name) {
        HandshakeResponse verdict;
        verdict.headers.emplace_back("X-Found", name);
        verdict.principal.name = std::move(name);
        verdict.properties["found"] = 7;
        return verdict;
    }

private:
    std::mutex lock_;
    std::condition_variable come_;
    std::deque<HandshakeCompletion> waiting_;
};

/// Sees what the one before has found.
class Behind final : public HandshakeInterceptor {
public:
    void onHandshake(const HandshakeRequest&, HandshakeResponse& response) override {
        response.headers.emplace_back("X-Behind", response.principal.name + "!");
    }
};

class WhoAmI {
    SERVER_ENDPOINT(WhoAmI, "/who")
public:
    ON_MESSAGE(asked)
    std::string asked(Session session, std::string_view text) {
        return std::string{text} + " " + session.displayName() + " " + std::to_string(session.property<int>("found").value_or(0));
    }
};

class DeferredHandshakes : public testing::Test {
protected:
    static ServerConfig config() {
        ServerConfig config = quickConfig();
        config.server.loops = 1;
        config.server.pendingHandshakes = 2;
        config.limits.handshakeTimeout = timeout();
        return config;
    }
    static std::chrono::milliseconds timeout() {
        const std::string test = testing::UnitTest::GetInstance()->current_test_info()->name();
        return test.find("InTime") == std::string::npos ? std::chrono::milliseconds{60'000} : 50ms;
    }
    void SetUp() override {
        (*server)->addInterceptor(slow);
        (*server)->addInterceptor(std::make_shared<Behind>());
        server->start<Probe, WhoAmI>();
    }
    RawSocket begin(std::string_view target, std::string_view behind = {}) {
        RawSocket socket{(*server)->port()};
        socket.send(upgradeRequest(target) + std::string{behind});
        return socket;
    }

    std::shared_ptr<Slow> slow = std::make_shared<Slow>();
    std::unique_ptr<TestServer> server = std::make_unique<TestServer>(config());
};

TEST_F(DeferredHandshakes, GoOnWithWhatHasBeenFoundAndHoldNoLoopMeanwhile) {
    RawSocket ann = begin("/who");
    const auto waiting = slow->next();
    EXPECT_TRUE(waiting.isWanted());
    EXPECT_EQ(server->connect("/probe/quick").answer().status, 101) << "the only loop serves others";
    EXPECT_EQ(server->ask("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 200);
    std::thread{[waiting] { waiting.finish(Slow::named("ann")); }}.join();
    HttpAnswer answer = ann.readAnswer();
    EXPECT_EQ(answer.status, 101);
    EXPECT_EQ(answer.header("x-before"), "yes");
    EXPECT_EQ(answer.header("x-found"), "ann");
    EXPECT_EQ(answer.header("x-behind"), "ann!") << "those behind it are asked then";
    RawWebSocket socket{std::move(ann), std::move(answer)};
    socket.text("I am");
    EXPECT_EQ(socket.nextText(), "I am ann 7");
    EXPECT_FALSE(waiting.isWanted());
    waiting.finish(Slow::named("bob"));
}

TEST_F(DeferredHandshakes, KeepWhatTheClientSendsBehindItsHead) {
    for (const bool atOnce : {true, false}) {
        const std::string frames = clientFrame(kText, "one") + clientFrame(kText, "two");
        RawSocket ann = begin("/who", atOnce ? frames : "");
        const auto waiting = slow->next();
        if (!atOnce) {
            ann.send(frames.substr(0, 3));
            ann.send(frames.substr(3));
        }
        waiting.finish(Slow::named("ann"));
        HttpAnswer answer = ann.readAnswer();
        RawWebSocket socket{std::move(ann), std::move(answer)};
        EXPECT_EQ(socket.nextText(), "one ann 7");
        EXPECT_EQ(socket.nextText(), "two ann 7");
        socket.text("three");
        EXPECT_EQ(socket.nextText(), "three ann 7");
    }
}

TEST_F(DeferredHandshakes, MayHaveTheirVerdictBeforeTheHookReturns) {
    EXPECT_EQ(begin("/probe/at-once").readAnswer().header("x-behind"), "ann!");
}

TEST_F(DeferredHandshakes, AreRefusedAsTheVerdictSays) {
    RawSocket eve = begin("/who");
    HandshakeResponse verdict = Slow::named("eve");
    verdict.reject(402, {{"X-Price", "1"}}, "pay\n");
    slow->next().finish(std::move(verdict));
    const HttpAnswer answer = eve.readAnswer();
    EXPECT_EQ(answer.status, 402);
    EXPECT_EQ(answer.header("x-price"), "1");
    EXPECT_EQ(answer.header("x-before"), "yes");
    EXPECT_EQ(answer.header("x-behind"), "") << "nobody behind it is asked";
    EXPECT_EQ(answer.body, "pay\n");
}

TEST_F(DeferredHandshakes, WhoseVerdictNobodyGivesAre500) {
    EXPECT_EQ(begin("/probe/lost").readAnswer().status, 500);
    EXPECT_EQ(begin("/probe/throws").readAnswer().status, 500);
    RawSocket ann = begin("/who");
    { const auto lost = slow->next(); }
    EXPECT_EQ(ann.readAnswer().status, 500);
}

TEST_F(DeferredHandshakes, ThatAreNotDecidedInTimeAre503) {
    RawSocket ann = begin("/who");
    const auto waiting = slow->next();
    const HttpAnswer answer = ann.readAnswer();
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.header("retry-after"), "5");
    EXPECT_FALSE(waiting.isWanted());
    waiting.finish(Slow::named("ann"));
    EXPECT_EQ((*server)->sessionCount(), 0U);
}

TEST_F(DeferredHandshakes, AreSoManyAtATime) {
    RawSocket one = begin("/who"), two = begin("/who");
    const auto first = slow->next(), second = slow->next();
    EXPECT_EQ(begin("/who").readAnswer().status, 503);
    const auto third = slow->next();
    EXPECT_FALSE(third.isWanted());
    first.finish(Slow::named("ann"));
    EXPECT_EQ(one.readAnswer().status, 101);
    RawSocket four = begin("/who");
    slow->next().finish(Slow::named("dan"));
    EXPECT_EQ(four.readAnswer().status, 101) << "there is a place again";
    second.finish(Slow::named("bob"));
    EXPECT_EQ(two.readAnswer().status, 101);
}

TEST_F(DeferredHandshakes, AreForgottenWithTheClientThatLeaves) {
    for (const bool byReset : {true, false}) {
        RawSocket ann = begin("/who");
        const auto waiting = slow->next();
        byReset ? ann.reset() : ann.finish();
        EXPECT_TRUE(eventually([&] { return !waiting.isWanted(); }));
        waiting.finish(Slow::named("ann"));
    }
    RawSocket one = begin("/who"), two = begin("/who");  // there is room for both
    slow->next().finish(Slow::named("ann"));
    slow->next().finish(Slow::named("ann"));
    EXPECT_EQ(one.readAnswer().status, 101);
    EXPECT_EQ(two.readAnswer().status, 101);
}

TEST_F(DeferredHandshakes, AreRefusedByAStopThatDoesNotWaitForThem) {
    RawSocket ann = begin("/who");
    const auto waiting = slow->next();
    EXPECT_TRUE((*server)->stop());
    EXPECT_EQ(ann.readAnswer().status, 503);
    EXPECT_FALSE(waiting.isWanted());
    server.reset();
    waiting.finish(Slow::named("ann"));  // nobody is there to hear it
}

TEST_F(DeferredHandshakes, OfACarrierAreToldWhenTheyAreDecided) {
    HandshakeRequest request;
    request.target = "/who";
    EXPECT_EQ((*server)->admit(request).refusal().status, 503) << "who cannot wait is told so";
    EXPECT_FALSE(slow->next().isWanted());
    Journal& journal = server->journal();
    for (const char* name : {"ann", ""}) {
        (*server)->admit(request, [&](Admission admission) {
            journal.add(admission.isAdmitted() ? "admitted" : "refused " + std::to_string(admission.refusal().status));
            throw 42;
        });
        auto verdict = Slow::named(name);
        if (verdict.principal.name.empty()) verdict.reject(402);
        slow->next().finish(std::move(verdict));
    }
    journal.waitFor("admitted");
    journal.waitFor("refused 402");
    (*server)->admit(request, [&](const Admission&) { journal.add("never"); });
    const auto waiting = slow->next();
    server->journal();
    EXPECT_TRUE((*server)->stop());
    server.reset();
    EXPECT_FALSE(waiting.isWanted());
}

}  // namespace
}  // namespace patchbay::test
