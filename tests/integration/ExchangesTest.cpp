// Exchanges: who answers when, from which thread, and what becomes of it when client, handler or server go first.
// Source: http_exchange.hpp; RFC 9110 §6, §9.3.2, §15; RFC 9112 §6–§9
#include "integration/Probe.hpp"

#include <patchbay/async.hpp>
#include <patchbay/executor.hpp>
#include <patchbay/http_exchange.hpp>

#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <sstream>
#include <thread>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr, testing::StartsWith;

/// Where handlers leave what a test's own threads go on with.   Thread: any.
template <class T>
class Box {
public:
    void put(T value) {
        const std::lock_guard guard{lock_};
        values_.push_back(std::move(value));
        changed_.notify_all();
    }
    T take() {
        std::unique_lock guard{lock_};
        if (!changed_.wait_for(guard, kPatience, [&] { return !values_.empty(); })) throw std::runtime_error{"nothing came in time"};
        T value = std::move(values_.front());
        values_.pop_front();
        return value;
    }

private:
    std::mutex lock_;
    std::condition_variable changed_;
    std::deque<T> values_;
};

std::string get(std::string_view path, std::string_view fields = {}) {
    return std::string{"GET "}.append(path).append(" HTTP/1.1\r\nHost: h\r\n").append(fields).append("\r\n");
}
std::string post(std::string_view path, std::string_view body) {
    return std::string{"POST "}.append(path).append(" HTTP/1.1\r\nHost: h\r\nContent-Length: ").append(std::to_string(body.size())).append("\r\n\r\n").append(body);
}

/// The chunks of a body as they came, one string each; the last is empty.
std::vector<std::string> readChunks(RawSocket& socket, std::size_t most = 1'000'000) {
    std::vector<std::string> chunks;
    while (chunks.size() < most) {
        const std::size_t size = std::stoul(socket.readUntil("\r\n"), nullptr, 16);
        chunks.push_back(socket.read(size));
        EXPECT_EQ(socket.read(2), "\r\n");
        if (size == 0) break;
    }
    return chunks;
}
std::string joined(const std::vector<std::string>& chunks) {
    std::string all;
    for (const auto& chunk : chunks) all += chunk;
    return all;
}

struct Named {
    std::string name;
    int count = 1;
};

class Exchanges : public testing::Test {
protected:
    void SetUp() override {
        server->provide(exchanges);
        server->provide(streams);
        server->handleAsync("GET", "/kept", [](HttpExchange exchange, Box<HttpExchange>& box) { box.put(std::move(exchange)); });
        server->handleAsync("GET", "/stream", [](const HttpExchange& exchange, Box<HttpStream>& box, Journal& journal) {
            HttpStream stream = exchange.start(200, {{"Content-Type", "text/event-stream"}});
            stream.onClosed([&journal] { journal.add("closed"); });
            box.put(std::move(stream));
        });
        server->handleAsync("GET", "/say/{word}", [](const HttpExchange& exchange) {
            exchange.respond({200, {}, std::string{exchange.request().pathParameter("word")}});
        });
    }
    void start() { server.start<Probe>(); }

    std::shared_ptr<Box<HttpExchange>> exchanges = std::make_shared<Box<HttpExchange>>();
    std::shared_ptr<Box<HttpStream>> streams = std::make_shared<Box<HttpStream>>();
    TestServer server;
};

// ------------------------------------------------------------------------------------------------ whole answers

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
    RawSocket socket{server->port()};
    HttpAnswer answer;
    EXPECT_TRUE(eventually([&] {
        socket.send(get("/say/a"));
        EXPECT_EQ(socket.readAnswer().body, "a");
        if (!sockets.back()->hasSomething(0ms)) {
            RawSocket late{server->port()};
            late.send(get("/blocked") + get("/say/b"));
            if (!late.hasSomething(50ms)) return false;
            answer = late.readAnswer();
            EXPECT_EQ(late.readAnswer().body, "b");
        }
        return true;
    }));
    open = true;
    EXPECT_EQ(answer.status, 503);
    for (auto& each : sockets) EXPECT_EQ(each->readAnswer().status, 200);
}

// ------------------------------------------------------------------------------------------------ streams

TEST_F(Exchanges, StreamInChunksAsTheyAreWritten) {
    start();
    RawSocket socket{server->port()};
    socket.send(get("/stream") + get("/say/next"));
    HttpStream stream = streams->take();
    const std::string head = socket.readUntil("\r\n\r\n");
    EXPECT_THAT(head, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(head, HasSubstr("Transfer-Encoding: chunked\r\n"));
    EXPECT_EQ(stream.write("one"), SendStatus::Queued);
    EXPECT_EQ(readChunks(socket, 1), std::vector<std::string>{"one"});
    EXPECT_EQ(stream.write("two"), SendStatus::Queued);
    EXPECT_EQ(readChunks(socket, 1), std::vector<std::string>{"two"});
    EXPECT_TRUE(stream.isOpen());
    stream.finish();
    EXPECT_EQ(stream.write("late"), SendStatus::Closed);
    EXPECT_EQ(readChunks(socket), std::vector<std::string>{""});
    server.journal().waitFor("closed");
    EXPECT_EQ(socket.readAnswer().body, "next") << "a request that came meanwhile is answered behind it";
}

TEST_F(Exchanges, StreamToHttp10UntilTheEnd) {
    start();
    RawSocket socket{server->port()};
    socket.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const HttpStream stream = streams->take();
    stream.write("all ");
    stream.write("of it");
    stream.finish();
    const std::string head = socket.readUntil("\r\n\r\n");
    EXPECT_EQ(head.find("chunked"), std::string::npos);
    EXPECT_THAT(head, HasSubstr("Connection: close"));
    EXPECT_EQ(socket.readToEnd(), "all of it");
    EXPECT_FALSE(socket.wasReset());
}

TEST_F(Exchanges, StreamToHeadNothing) {
    start();
    RawSocket socket{server->port()};
    socket.send("HEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n" + get("/say/next"));
    const HttpStream stream = streams->take();
    EXPECT_EQ(stream.write("not for you"), SendStatus::Queued);
    stream.finish();
    EXPECT_EQ(socket.readAnswer(AnswerBody::None).status, 200);
    EXPECT_EQ(socket.readAnswer().body, "next");
}

TEST_F(Exchanges, StreamsThatEndWithoutAWordAreEmpty) {
    start();
    RawSocket socket{server->port()};
    socket.send(get("/stream") + get("/say/next"));
    streams->take().finish();
    socket.readUntil("\r\n\r\n");
    EXPECT_EQ(readChunks(socket), std::vector<std::string>{""});
    EXPECT_EQ(socket.readAnswer().body, "next");
}

TEST_F(Exchanges, StreamsOfAKnownLengthKeepToIt) {
    server->handleAsync("GET", "/length/{n}", [](const HttpExchange& exchange) {
        const HttpStream stream = exchange.start(200, {}, 5);
        const std::string all(std::stoul(std::string{exchange.request().pathParameter("n")}), 'x');
        EXPECT_EQ(stream.write(all), all.size() > 5 ? SendStatus::Dropped : SendStatus::Queued);
        stream.finish();
    });
    start();
    RawSocket socket{server->port()};
    socket.send(get("/length/5") + get("/say/next"));
    const HttpAnswer answer = socket.readAnswer();
    EXPECT_EQ(answer.header("content-length"), "5");
    EXPECT_EQ(answer.body, "xxxxx");
    EXPECT_EQ(socket.readAnswer().body, "next");
    for (const char* path : {"/length/4", "/length/6"}) {
        RawSocket cut{server->port()};
        cut.send(get(path) + get("/say/next"));
        EXPECT_EQ(cut.readToEnd().find("next"), std::string::npos) << "a part is not taken for the whole";
    }
}

TEST_F(Exchanges, StreamsThatNobodyHoldsAreCut) {
    server->handleAsync("GET", "/dropped", [](const HttpExchange& exchange) { exchange.start().write("a part"); });
    server->handleAsync("GET", "/thrown", [](HttpExchange exchange) -> Async<void> {
        const HttpStream stream = exchange.start();
        stream.write("a part");
        co_await stream.writable();
        throw std::runtime_error{"after the start"};
    });
    start();
    for (const char* path : {"/dropped", "/thrown"}) {
        RawSocket socket{server->port()};
        socket.send(get(path));
        const std::string all = socket.readToEnd();
        EXPECT_EQ(all.find("\r\n0\r\n\r\n"), std::string::npos) << path << all;
        EXPECT_EQ(all.find("500"), std::string::npos) << path;
    }
}

TEST_F(Exchanges, StreamsAreWrittenByManyThreadsEachInItsOrder) {
    start();
    RawSocket socket{server->port()};
    socket.send(get("/stream"));
    const HttpStream stream = streams->take();
    constexpr int kThreads = 4, kLines = 2'000;
    std::vector<std::thread> threads;
    std::atomic<int> full{0};
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < kLines; ++i) {
                const std::string line = std::to_string(t) + " " + std::to_string(i) + "\n";
                while (stream.write(line) == SendStatus::Full) {
                    ++full;
                    std::this_thread::yield();
                }
            }
        });
    }
    std::thread closing{[&] {
        for (auto& thread : threads) thread.join();
        stream.finish();
    }};
    socket.readUntil("\r\n\r\n");
    std::istringstream lines{joined(readChunks(socket))};
    closing.join();
    std::array<int, kThreads> next{};
    int count = 0;
    for (int t = 0, i = 0; lines >> t >> i; ++count) EXPECT_EQ(next.at(static_cast<std::size_t>(t))++, i);
    EXPECT_EQ(count, kThreads * kLines);
}

TEST_F(Exchanges, StreamsSayWhenTheirClientIsTooSlow) {
    start();
    RawSocket socket{server->port(), {.receiveBuffer = 4096}};
    socket.send(get("/stream"));
    const HttpStream stream = streams->take();
    const std::string piece(32'000, 'p');
    std::size_t written = 0;
    EXPECT_TRUE(eventually([&] {
        const SendStatus status = stream.write(piece);
        if (status == SendStatus::Queued) written += piece.size();
        return status == SendStatus::Full;
    }));
    EXPECT_GT(stream.queuedBytes(), 100'000U);
    EXPECT_LE(stream.queuedBytes(), HttpStream::kMostQueued + 2 * 64 * 1024);
    stream.onWritable([&] { server.journal().add("writable"); });
    std::thread reader{[&] {
        socket.readUntil("\r\n\r\n");
        EXPECT_EQ(joined(readChunks(socket)).size(), written + 4);
    }};
    server.journal().waitFor("writable");
    EXPECT_EQ(stream.write("last"), SendStatus::Queued);
    stream.finish();
    reader.join();
}

TEST_F(Exchanges, StreamsHearThatTheirClientHasGone) {
    start();
    for (const bool reset : {true, false}) {
        auto socket = std::make_unique<RawSocket>(server->port());
        socket->send(get("/stream"));
        const HttpStream stream = streams->take();
        socket->readUntil("\r\n\r\n");
        const std::size_t before = server.journal().count("closed");
        if (reset) socket->reset();
        socket.reset();
        server.journal().waitForCount("closed", before + 1);
        EXPECT_EQ(stream.write("x"), SendStatus::Closed);
        EXPECT_FALSE(stream.isOpen());
    }
}

TEST_F(Exchanges, AStopCutsStreamsThatGoOn) {
    ServerConfig config = quickConfig();
    config.server.drainTimeout = 200ms;
    TestServer stopping{config};
    stopping->provide(streams);
    stopping->handleAsync("GET", "/stream", [](const HttpExchange& exchange, Box<HttpStream>& box, Journal& journal) {
        HttpStream stream = exchange.start();
        stream.onClosed([&journal] { journal.add("closed"); });
        box.put(std::move(stream));
    });
    stopping.start<Probe>();
    RawSocket socket{stopping->port()};
    socket.send(get("/stream"));
    const HttpStream stream = streams->take();
    EXPECT_TRUE(stopping->stop());
    EXPECT_EQ(stopping.journal().count("closed"), 1U);
    EXPECT_EQ(stream.write("x"), SendStatus::Closed);
    EXPECT_EQ(socket.readToEnd().find("\r\n0\r\n\r\n"), std::string::npos);
}

TEST_F(Exchanges, AStopWaitsForAnswersUnderWay) {
    server->handleAsync("GET", "/slow", [](HttpExchange exchange) -> Async<void> {
        co_await sleepFor(100ms);
        exchange.respond({200, {}, "in time"});
    });
    start();
    RawSocket socket{server->port()};
    socket.send(get("/slow"));
    EXPECT_FALSE(socket.hasSomething(20ms));
    std::thread stop{[&] { EXPECT_TRUE(server->stop()); }};
    const HttpAnswer answer = socket.readAnswer();
    stop.join();
    EXPECT_EQ(answer.body, "in time");
    EXPECT_EQ(answer.header("connection"), "close");
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

// ------------------------------------------------------------------------------------------------ bodies

class Uploads : public Exchanges {
protected:
    void SetUp() override {
        Exchanges::SetUp();
        server->handleAsync("POST", "/upload", [](const HttpExchange& exchange) {
            exchange.onBody([exchange, size = std::size_t{0}](Bytes piece, bool last) mutable {
                size += piece.size();
                if (last) exchange.respond({200, {}, std::to_string(size)});
            });
        });
        server->handleAsync("POST", "/later", [](HttpExchange exchange, Box<HttpExchange>& box) { box.put(std::move(exchange)); });
        server->handleAsync("POST", "/throws", [](const HttpExchange& exchange) {
            exchange.onBody([](Bytes, bool) { throw std::runtime_error{"in the middle"}; });
        });
        start();
    }
};

TEST_F(Uploads, ComeInPiecesAndHaveNoLimit) {
    RawSocket socket{server->port()};
    const std::string body(3'000'000, 'u');
    socket.send(post("/upload", body) + get("/say/next"));
    EXPECT_EQ(socket.readAnswer().body, "3000000");
    EXPECT_EQ(socket.readAnswer().body, "next");
}

TEST_F(Uploads, MayBeChunked) {
    RawSocket socket{server->port()};
    socket.send("POST /upload HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (const std::string part : {"3\r\nabc\r\n", "A;x\r\n0123", "456789\r\n0\r", "\nIgnored: x\r\n\r\n"}) socket.send(part);
    EXPECT_EQ(socket.readAnswer().body, "13");
    socket.send(get("/say/next"));
    EXPECT_EQ(socket.readAnswer().body, "next");
}

TEST_F(Uploads, OfNothingAreOneLastPiece) {
    EXPECT_EQ(server.ask(post("/upload", "")).body, "0");
    EXPECT_EQ(server.ask("POST /upload HTTP/1.1\r\nHost: h\r\n\r\n").body, "0");
    EXPECT_EQ(server.ask("POST /upload HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").body, "0");
}

TEST_F(Uploads, WaitUntilSomebodyReadsThem) {
    RawSocket socket{server->port()};
    socket.send("POST /later HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\nExpect: 100-continue\r\n\r\n");
    const HttpExchange exchange = exchanges->take();
    EXPECT_EQ(exchange.bodyLength(), 100'000'000U);
    EXPECT_FALSE(socket.hasSomething(20ms)) << "nobody has asked for the body";
    const std::size_t taken = socket.sendUntilFull(std::string(100'000'000, 'w'), 200ms);
    EXPECT_LT(taken, 20'000'000U) << "what nobody reads stays with the client";
    exchange.onBody([exchange, size = std::size_t{0}](Bytes piece, bool last) mutable {
        size += piece.size();
        if (last) exchange.respond({200, {}, std::to_string(size)});
    });
    EXPECT_EQ(socket.readAnswer().status, 100);
    socket.send(std::string(100'000'000 - taken, 'w'));
    EXPECT_EQ(socket.readAnswer().body, "100000000");
}

TEST_F(Uploads, MayBePaused) {
    RawSocket socket{server->port()};
    socket.send("POST /later HTTP/1.1\r\nHost: h\r\nContent-Length: 50000000\r\n\r\n");
    const HttpExchange exchange = exchanges->take();
    auto size = std::make_shared<std::atomic<std::size_t>>(0);
    exchange.onBody([exchange, size, &journal = server.journal()](Bytes piece, bool last) {
        if (*size == 0) {
            exchange.pauseReceiving();
            journal.add("paused");
        }
        *size += piece.size();
        if (last) exchange.respond({200, {}, std::to_string(*size)});
    });
    const std::size_t taken = socket.sendUntilFull(std::string(50'000'000, 'w'), 200ms);
    server.journal().waitFor("paused");
    EXPECT_LE(*size, 256U * 1024);
    EXPECT_LT(taken, 20'000'000U);
    exchange.resumeReceiving();
    socket.send(std::string(50'000'000 - taken, 'w'));
    EXPECT_EQ(socket.readAnswer().body, "50000000");
}

TEST_F(Uploads, WhoseReaderThrowsEnd) {
    RawSocket socket{server->port()};
    socket.send("POST /throws HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000\r\n\r\nsome");
    const HttpAnswer answer = socket.readAnswer();
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.header("connection"), "close") << "nobody knows when the rest would come";
    EXPECT_TRUE(socket.ends());
}

TEST_F(Uploads, AnsweredBeforeTheyHaveComeEndTheConnectionOrAreSkipped) {
    RawSocket large{server->port()};
    large.send("POST /later HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000\r\n\r\nsome");
    exchanges->take().respond({413, {}, "too much"});
    EXPECT_EQ(large.readAnswer().header("connection"), "close");
    EXPECT_TRUE(large.ends());
    EXPECT_FALSE(large.wasReset());
    RawSocket small{server->port()};
    small.send("POST /later HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nsome");
    exchanges->take().respond({200, {}, "enough"});
    EXPECT_EQ(small.readAnswer().body, "enough");
    small.send(" more." + get("/say/next"));
    EXPECT_EQ(small.readAnswer().body, "next");
}

TEST_F(Uploads, WhoseClientGoesTellNobodyThatTheyAreWhole) {
    auto socket = std::make_unique<RawSocket>(server->port());
    socket->send("POST /later HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nsome");
    const HttpExchange exchange = exchanges->take();
    exchange.onClosed([&] { server.journal().add("gone"); });
    exchange.onBody([&journal = server.journal()](Bytes, bool last) { journal.add(last ? "last" : "piece"); });
    server.journal().waitFor("piece");
    socket.reset();
    server.journal().waitFor("gone");
    EXPECT_EQ(server.journal().count("last"), 0U);
}

}  // namespace
}  // namespace patchbay::test
