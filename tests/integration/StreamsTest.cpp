// Answers in pieces: their framing, their pace, and what becomes of them when client, server or writer go first.
// Source: http_exchange.hpp; RFC 9112 §6, §7
#include "integration/Exchanges.hpp"

#include <patchbay/async.hpp>

#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <sstream>
#include <thread>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr, testing::StartsWith;

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
    EXPECT_NE(stream.write("not for you"), SendStatus::Full);
    stream.finish();
    EXPECT_EQ(socket.readAnswer(AnswerBody::None).status, 200);
    EXPECT_EQ(socket.readAnswer().body, "next");
}

/// An event stream never ends; who asks for its head alone has it then, and may ask for something else.
TEST_F(Exchanges, StreamsWithoutABodyAreOverWithTheirHead) {
    server->handleAsync("GET", "/unchanged", [](const HttpExchange& exchange, Box<HttpStream>& box) { box.put(exchange.start(304)); });
    start();
    for (const std::string line : {"HEAD /stream", "GET /unchanged"}) {
        RawSocket socket{server->port()};
        socket.send(line + " HTTP/1.1\r\nHost: h\r\n\r\n" + get("/say/next"));
        const HttpStream stream = streams->take();
        EXPECT_NE(socket.readAnswer(AnswerBody::None).status, 0);
        EXPECT_EQ(socket.readAnswer().body, "next") << line;
        EXPECT_EQ(stream.write("to nobody"), SendStatus::Closed);
    }
    server.journal().waitFor("closed");
}

/// Its connection goes on, so the client's leaving would not be told it any more.
TEST_F(Exchanges, StreamsToAHeadLetTheirCoroutineGo) {
    server->handleAsync("GET", "/events", [](HttpExchange exchange, Journal& journal) -> Async<void> {
        const HttpStream stream = exchange.start(200);
        try {
            co_await sleepFor(std::chrono::milliseconds::max());
        } catch (const Cancelled&) {
            journal.add("cancelled");
        }
    });
    start();
    RawSocket socket{server->port()};
    for (std::size_t times = 1; times <= 2; ++times) {
        socket.send("HEAD /events HTTP/1.1\r\nHost: h\r\n\r\n");
        EXPECT_EQ(socket.readAnswer(AnswerBody::None).status, 200);
        server.journal().waitForCount("cancelled", times);
    }
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
    // The kernel may take more between an answer and the question how much is queued: it is full where both say so.
    EXPECT_TRUE(eventually([&] {
        const SendStatus status = stream.write(piece);
        if (status == SendStatus::Queued) written += piece.size();
        EXPECT_LE(stream.queuedBytes(), HttpStream::kMostQueued);
        return status == SendStatus::Full && stream.queuedBytes() > HttpStream::kMostQueued - piece.size();
    }));
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

TEST_F(Exchanges, NoTaskRunsInsideTheCallThatEndsAnAnswer) {
    const auto inside = std::make_shared<bool>(false);  // of the loop alone
    const auto listens = [&journal = server.journal(), inside] { journal.add(*inside ? "inside" : "behind"); };
    server->handleAsync("GET", "/finished", [listens, inside](const HttpExchange& exchange) {
        const HttpStream stream = exchange.start(200, {});
        stream.onClosed(listens);
        *inside = true;
        stream.finish();
        *inside = false;
    });
    server->handleAsync("GET", "/answered", [listens, inside](const HttpExchange& exchange) {
        exchange.onClosed(listens);
        *inside = true;
        exchange.respond({200, {}, "whole"});
        *inside = false;
    });
    start();
    RawSocket socket{server->port()};
    socket.send(get("/finished") + get("/answered"));
    server.journal().waitForCount("behind", 2);
    EXPECT_EQ(server.journal().count("inside"), 0u);
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

}  // namespace
}  // namespace patchbay::test
