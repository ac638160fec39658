// Bodies in pieces: when they are read, how they are paused, and what becomes of what nobody reads.
// Source: http_exchange.hpp; RFC 9112 §6, §7; RFC 9110 §10.1.1
#include "integration/Exchanges.hpp"
#include "support/StderrLines.hpp"

#include <patchbay/async.hpp>
#include <patchbay/log.hpp>

#include <gmock/gmock.h>

#include <atomic>
#include <memory>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr, testing::StartsWith;

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
        server->handleAsync("POST", "/throws-a-number", [](const HttpExchange& exchange) {
            exchange.onBody([](Bytes, bool) { throw 42; });
        });
        server->handleAsync("POST", "/collected", [](HttpExchange exchange) -> Async<void> {
            const std::string body = co_await exchange.body();
            exchange.respond({200, {}, body});
        });
        server->handle("POST", "/whole", [](const HttpRequest& request, HttpResponse& response) { response.write("text/plain", request.body); });
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
    for (const std::string path : {"/throws", "/throws-a-number"}) {
        RawSocket socket{server->port()};
        socket.send("POST " + path + " HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000\r\n\r\nsome");
        const HttpAnswer answer = socket.readAnswer();
        EXPECT_EQ(answer.status, 500) << path;
        EXPECT_EQ(answer.header("connection"), "close") << "nobody knows when the rest would come";
        EXPECT_TRUE(socket.ends()) << path;
    }
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

/// Whoever answers: a worker, a reader of pieces, a coroutine. What a peer does wrong is no error of the server's.
TEST_F(Uploads, ThatTheirClientsLeaveOrSpoilAreNoErrorsOfTheServer) {
    StderrLines lines;
    for (const std::string path : {"/whole", "/upload", "/collected"}) {
        const std::string head = "POST " + path + " HTTP/1.1\r\nHost: h\r\n";
        for (const std::string body : {"Content-Length: 10\r\n\r\nsome", "Transfer-Encoding: chunked\r\n\r\n6\r\nsome"}) {
            RawSocket leaves{server->port()};
            leaves.send(head + body);
            leaves.finish();
            EXPECT_TRUE(leaves.ends()) << path;
        }
        for (const std::string body : {"zz\r\n", "4\r\nsomething", "1\r\na\r\n0\r\n\n"}) {
            RawSocket spoils{server->port()};
            spoils.send(head + "Transfer-Encoding: chunked\r\n\r\n" + body);
            EXPECT_EQ(spoils.readAnswer().status, 400) << path << ' ' << body;
            EXPECT_TRUE(spoils.ends()) << path;
        }
    }
    for (const std::string path : {"/whole", "/collected"}) {
        RawSocket exceeds{server->port()};
        const std::string body(2'000'000, 'e');
        exceeds.send("POST " + path + " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1e8480\r\n" + body);
        EXPECT_EQ(exceeds.readAnswer().status, 413) << path;
    }
    log::error("uploads", "that was all");
    lines.journal().waitFor("Error uploads: that was all");
    EXPECT_EQ(lines.journal().count("Error"), 1U);
}

}  // namespace
}  // namespace patchbay::test
