// Exchanges: who answers when, from which thread, and what becomes of it when client, handler or server go first.
// Source: http_exchange.hpp; RFC 9110 §6, §9.3.2, §15; RFC 9112 §6–§9
#include "integration/Exchanges.hpp"

#include <patchbay/async.hpp>
#include <patchbay/executor.hpp>

#include <gmock/gmock.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr, testing::StartsWith;

struct Named {
    std::string name;
    int count = 1;
};

TEST_F(Exchanges, AreAnsweredLaterAndFromAnotherThread) {
    start();
    RawSocket socket{server->port()};
    socket.send(get("/kept?x=1"));
    const HttpExchange exchange = exchanges->take();
    EXPECT_TRUE(exchange.isOpen());
    EXPECT_EQ(exchange.request().queryParameter("x"), "1");
    EXPECT_FALSE(socket.hasSomething(20ms));
    EXPECT_TRUE(exchange.respond({201, {{"X-By", "me"}}, "later"}));
    const HttpAnswer answer = socket.readAnswer();
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(answer.header("x-by"), "me");
    EXPECT_EQ(answer.body, "later");
    EXPECT_FALSE(exchange.isOpen());
    socket.send(get("/say/next"));
    EXPECT_EQ(socket.readAnswer().body, "next");
}

TEST_F(Exchanges, OfTwoThreadsThatRespondOneIsTheAnswer) {
    start();
    for (int round = 0; round < 50; ++round) {
        RawSocket socket{server->port()};
        socket.send(get("/kept"));
        const HttpExchange exchange = exchanges->take();
        std::atomic<int> taken{0};
        std::atomic<bool> go{false};
        const auto answer = [&](const char* text) {
            while (!go) continue;
            if (exchange.respond({200, {}, text})) ++taken;
        };
        std::thread one{answer, "one"}, other{answer, "two"};
        go = true;
        one.join();
        other.join();
        EXPECT_EQ(taken, 1);
        EXPECT_EQ(socket.readAnswer().body.size(), 3U);
        socket.send(get("/say/next"));
        EXPECT_EQ(socket.readAnswer().body, "next");
    }
}

TEST_F(Exchanges, WhoseClientHasGoneSaySo) {
    server->handleAsync("GET", "/told", [](HttpExchange exchange, Box<HttpExchange>& box, Journal& journal) {
        exchange.onClosed([&journal] { journal.add("gone"); });
        box.put(std::move(exchange));
    });
    start();
    auto socket = std::make_unique<RawSocket>(server->port());
    socket->send(get("/told"));
    const HttpExchange exchange = exchanges->take();
    socket.reset();
    server.journal().waitFor("gone");
    EXPECT_FALSE(exchange.isOpen());
    EXPECT_FALSE(exchange.respond({200, {}, "nobody"}));
    EXPECT_EQ(exchange.start().write("x"), SendStatus::Closed);
    EXPECT_EQ(exchange.request().path(), "/told");
}

TEST_F(Exchanges, MayBeKeptLongerThanTheirServer) {
    std::optional<HttpExchange> exchange;
    HttpStream stream;
    {
        TestServer gone;
        gone->provide(exchanges);
        gone->provide(streams);
        gone->handleAsync("GET", "/kept", [](HttpExchange kept, Box<HttpExchange>& box) { box.put(std::move(kept)); });
        gone->handleAsync("GET", "/stream", [](const HttpExchange& kept, Box<HttpStream>& box) { box.put(kept.start()); });
        gone.start<Probe>();
        RawSocket one{gone->port()}, other{gone->port()};
        one.send(get("/kept"));
        other.send(get("/stream"));
        exchange.emplace(exchanges->take());
        stream = streams->take();
        gone->requestStop();
    }
    EXPECT_FALSE(exchange->respond({200, {}, "x"}));
    EXPECT_EQ(stream.write("x"), SendStatus::Closed);
    EXPECT_EQ(stream.queuedBytes(), 0U);
    stream.finish();
    bool ran = false;
    stream.onClosed([&ran] { ran = true; });  // its loop has ended: it is dropped
    exchange->onBody([](Bytes, bool) { FAIL(); });
}

TEST_F(Exchanges, ThatNobodyCanAnswerAnyMoreGet500) {
    server->handleAsync("GET", "/forgotten", [](const HttpExchange&) {});
    start();
    RawSocket socket{server->port()};
    socket.send(get("/forgotten"));
    EXPECT_EQ(socket.readAnswer().status, 500);
    socket.send(get("/kept"));
    exchanges->take();  // by this thread
    EXPECT_EQ(socket.readAnswer().status, 500);
}

TEST_F(Exchanges, WhoseHandlerThrowsAreAnsweredWithThat) {
    server->handleAsync("GET", "/throws", [](const HttpExchange&) { throw std::runtime_error{"a secret"}; });
    server->handleAsync("GET", "/refuses", [](const HttpExchange&) { throw HttpError{403, "not you"}; });
    server->handleAsync("GET", "/waits", [](HttpExchange) -> Async<void> {
        co_await sleepFor(1ms);
        throw HttpError{409, "not now"};
    });
    server->handle("GET", "/worker", [](const HttpRequest&, HttpResponse&) { throw HttpError{404, "no such thing"}; });
    server->handle("GET", "/wrong", [](const HttpRequest&, HttpResponse&) { throw HttpError{99, "no status"}; });
    server->handleAsync("GET", "/number", [](const HttpExchange&) { throw 42; });
    server->handleAsync("GET", "/later-number", [](HttpExchange) -> Async<void> {
        co_await sleepFor(1ms);
        throw 42;
    });
    server->handle("GET", "/int", [](const HttpRequest&, HttpResponse&) { throw 42; });
    start();
    const auto ask = [&](std::string_view path) { return server.ask(get(path)); };
    EXPECT_EQ(ask("/throws").status, 500);
    EXPECT_EQ(ask("/throws").body.find("secret"), std::string::npos);
    EXPECT_EQ(ask("/refuses").status, 403);
    EXPECT_EQ(ask("/refuses").body, "not you\n");
    EXPECT_EQ(ask("/waits").status, 409);
    EXPECT_EQ(ask("/worker").status, 404);
    EXPECT_EQ(ask("/wrong").status, 500);
    EXPECT_EQ(ask("/int").status, 500);
    EXPECT_EQ(ask("/number").status, 500);
    EXPECT_EQ(ask("/later-number").status, 500);
}

TEST_F(Exchanges, TakeAndGiveStructs) {
    server->handle("POST", "/named", [](const HttpRequest& request, HttpResponse& response) {
        auto named = request.json<Named>();
        named.count += 1;
        response.writeJson(named);
    });
    start();
    const HttpAnswer answer = server.ask(post("/named", R"({"name":"a","count":41})"));
    EXPECT_EQ(answer.header("content-type"), "application/json");
    EXPECT_EQ(answer.body, R"({"name":"a","count":42})");
    const HttpAnswer wrong = server.ask(post("/named", R"({"name":7})"));
    EXPECT_EQ(wrong.status, 400);
    EXPECT_THAT(wrong.body, HasSubstr("name"));
}

TEST_F(Exchanges, GiveTheirHandlersServices) {
    server->handle("GET", "/service", [](const HttpRequest&, HttpResponse& response, const std::shared_ptr<Journal>& shared, Journal& journal) {
        response.write("text/plain", shared.get() == &journal ? "the same" : "another");
    });
    EXPECT_THROW(server->handle("GET", "/none", [](const HttpRequest&, HttpResponse&, Named&) {}), MissingService);
    EXPECT_THROW(server->handle("G T", "/none", [](const HttpRequest&, HttpResponse&) {}), std::invalid_argument);
    start();
    EXPECT_EQ(server.ask(get("/service")).body, "the same");
}

/// What frames a message is the server's to write, and nothing that an application says reaches the wire as something else.
TEST_F(Exchanges, WhatIsTheServersAloneIsALogged500) {
    server->handle("GET", "/field/{name}", [](const HttpRequest& request, HttpResponse& response) {
        response.setHeader(request.pathParameter("name"), "chunked");
        response.body = "body";
    });
    server->handle("GET", "/status/{code}", [](const HttpRequest& request, HttpResponse& response) {
        response.status = std::stoi(std::string{request.pathParameter("code")});
        response.body = "body";
    });
    server->handleAsync("GET", "/stream/{code}", [](const HttpExchange& exchange) {
        HttpStream stream = exchange.start(std::stoi(std::string{exchange.request().pathParameter("code")}));
        stream.write("body");
        stream.finish();
    });
    start();
    RawSocket socket{server->port()};
    for (const char* name : {"Transfer-Encoding", "content-length", "Connection", "Upgrade", "Date", "Sec-WebSocket-Accept", "no%20token"}) {
        socket.send(get(std::string{"/field/"} + name));
        const HttpAnswer answer = socket.readAnswer();
        EXPECT_EQ(answer.status, 500) << name;
        EXPECT_EQ(answer.head.find("chunked"), std::string::npos) << name;
    }
    for (const char* status : {"0", "-5", "100", "101", "199", "600", "99999"}) {
        for (const char* path : {"/status/", "/stream/"}) {
            socket.send(get(std::string{path} + status));
            EXPECT_EQ(socket.readAnswer().status, 500) << path << status;
        }
    }
}

TEST_F(Exchanges, WithoutABodyHaveNeitherOneNorALength) {
    server->handle("GET", "/status/{code}", [](const HttpRequest& request, HttpResponse& response) {
        response.status = std::stoi(std::string{request.pathParameter("code")});
        response.body = "not for you";
    });
    start();
    RawSocket socket{server->port()};
    for (const char* status : {"204", "304"}) {
        socket.send(get(std::string{"/status/"} + status) + get("/say/next"));
        const HttpAnswer answer = socket.readAnswer(AnswerBody::None);
        EXPECT_EQ(answer.status, std::stoi(status));
        EXPECT_EQ(answer.headers.count("content-length"), 0U);
        EXPECT_EQ(answer.headers.count("transfer-encoding"), 0U);
        EXPECT_EQ(socket.readAnswer().body, "next");
    }
}

/// It was cut behind 16 MiB, and the next answer came inside its body.
TEST_F(Exchanges, AnAnswerOf17MbIsWhole) {
    constexpr std::size_t kHuge = 17'000'000;
    server->handle("GET", "/huge", [](const HttpRequest&, HttpResponse& response) { response.body.assign(kHuge, 'h'); });
    start();
    RawSocket socket{server->port()};
    socket.send(get("/huge") + get("/say/next"));
    const HttpAnswer answer = socket.readAnswer();
    EXPECT_EQ(answer.header("content-length"), std::to_string(kHuge));
    EXPECT_EQ(answer.body, std::string(kHuge, 'h'));
    EXPECT_EQ(socket.readAnswer().body, "next");
}

TEST_F(Exchanges, HealthIsAnsweredWhileAllWorkersSleep) {
    server->handle("GET", "/sleep", [](const HttpRequest&, HttpResponse& response, Box<HttpExchange>&, Journal& journal) {
        journal.add("asleep");
        std::this_thread::sleep_for(400ms);
        response.body = "slept";
    });
    start();
    std::vector<std::unique_ptr<RawSocket>> sleepers;
    for (int i = 0; i < 9; ++i) {
        sleepers.push_back(std::make_unique<RawSocket>(server->port()));
        sleepers.back()->send(get("/sleep"));
    }
    server.journal().waitForCount("asleep", 2);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(server.ask(get("/healthz")).body, "ok\n");
    EXPECT_EQ(server.ask(get("/readyz")).body, "ready\n");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 200ms);
    for (auto& sleeper : sleepers) EXPECT_EQ(sleeper->readAnswer().body, "slept");
}

TEST_F(Exchanges, AFullPoolSaysSoAndTheConnectionGoesOn) {
    std::atomic<bool> open{false};
    server->handle("GET", "/blocked", [&open](const HttpRequest&, HttpResponse&) { while (!open) std::this_thread::sleep_for(1ms); });
    start();
    std::vector<std::unique_ptr<RawSocket>> sockets;
    for (int i = 0; i < 258; ++i) {  // two workers, and 256 that wait
        sockets.push_back(std::make_unique<RawSocket>(server->port()));
        sockets.back()->send(get("/blocked"));
    }
    HttpAnswer answer;
    EXPECT_TRUE(eventually([&] {
        RawSocket free{server->port()};
        free.send(get("/say/a"));
        EXPECT_EQ(free.readAnswer().body, "a");
        auto late = std::make_unique<RawSocket>(server->port());
        late->send(get("/blocked") + get("/say/b"));
        const bool isRefused = late->hasSomething(50ms);
        if (!isRefused) {
            sockets.push_back(std::move(late));
            return false;
        }
        answer = late->readAnswer();
        EXPECT_EQ(late->readAnswer().body, "b");
        return true;
    }));
    open = true;
    EXPECT_EQ(answer.status, 503);
    for (auto& each : sockets) EXPECT_EQ(each->readAnswer().status, 200);
    EXPECT_TRUE(server->stop()) << "who was refused is not waited for";
}

// ------------------------------------------------------------------------------------------------ coroutines

TEST_F(Exchanges, ACoroutineAnswersWhenItHasWaited) {
    server->handleAsync("GET", "/report", [](HttpExchange exchange, Executor& executor) -> Async<void> {
        const int made = co_await executor.run([] { return 42; });
        co_await sleepFor(1ms);
        exchange.respond({200, {}, std::to_string(made)});
    });
    start();
    EXPECT_EQ(server.ask(get("/report")).body, "42");
}

TEST_F(Exchanges, ACoroutineIsCancelledWhenItsClientHasGone) {
    server->handleAsync("GET", "/forever", [](HttpExchange exchange, Journal& journal) -> Async<void> {
        const HttpExchange kept = exchange;
        journal.add("waits");
        try {
            co_await sleepFor(std::chrono::milliseconds::max());
        } catch (const Cancelled&) {
            journal.add("cancelled");
            throw;
        }
    });
    start();
    auto socket = std::make_unique<RawSocket>(server->port());
    socket->send(get("/forever"));
    server.journal().waitFor("waits");
    socket.reset();
    server.journal().waitFor("cancelled");
    RawSocket other{server->port()};
    other.send(get("/forever"));
    server.journal().waitForCount("waits", 2);
    EXPECT_TRUE(server->stop());
    EXPECT_EQ(server.journal().count("cancelled"), 2U);
}

TEST_F(Exchanges, ACoroutineWritesAsFastAsItsClientReads) {
    constexpr int kPieces = 100;
    server->handleAsync("GET", "/pieces", [](HttpExchange exchange, Journal& journal) -> Async<void> {
        const HttpStream stream = exchange.start();
        const std::string piece(100'000, 'p');
        for (int i = 0; i < kPieces;) {
            if (stream.write(piece) == SendStatus::Queued) {
                ++i;
            } else {
                co_await stream.writable();
            }
        }
        stream.finish();
        co_await stream.closed();
        journal.add("over");
    });
    start();
    RawSocket socket{server->port()};
    socket.send(get("/pieces") + get("/say/next"));
    socket.readUntil("\r\n\r\n");
    EXPECT_EQ(joined(readChunks(socket)).size(), 100'000U * kPieces);
    EXPECT_EQ(socket.readAnswer().body, "next");
    server.journal().waitFor("over");
}

TEST_F(Exchanges, ACoroutineReadsABodyAsAWhole) {
    server->handleAsync("POST", "/whole", [](HttpExchange exchange) -> Async<void> {
        const std::string all = co_await exchange.body(1000);
        exchange.respond({200, {}, all});
    });
    start();
    RawSocket socket{server->port()};
    socket.send(post("/whole", "some body") + post("/whole", ""));
    EXPECT_EQ(socket.readAnswer().body, "some body");
    EXPECT_EQ(socket.readAnswer().body, "");
    EXPECT_EQ(server.ask(post("/whole", std::string(1001, 'x'))).status, 413);
    EXPECT_EQ(server.ask("POST /whole HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'x')).status, 413);
}

}  // namespace
}  // namespace patchbay::test
