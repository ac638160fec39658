// A server that finds no memory, in this process: each allocation that its loop makes in a peer's visit fails, in one visit after the other.
// What is small is had from the reserve; what a peer makes large may cost that peer its connection, then too. The process lives, nothing
// hangs, and nobody else is in it.
#include "base/MemoryReserve.hpp"
#include "hostile/Endpoints.hpp"
#include "support/CountedAllocations.hpp"
#include "support/Eventually.hpp"
#include "support/RawWebSocket.hpp"

#include <patchbay/annotations.hpp>
#include <patchbay/config.hpp>
#include <patchbay/http_exchange.hpp>
#include <patchbay/http_handlers.hpp>
#include <patchbay/server.hpp>
#include <patchbay/session.hpp>
#include <patchbay/topics.hpp>


#include <gtest/gtest.h>

#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#define PATCHBAY_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PATCHBAY_ADDRESS_SANITIZER
#endif
#endif

#ifndef PATCHBAY_ADDRESS_SANITIZER

namespace {
std::atomic<bool> gathersNothing{false};
}

/// In front of the C library's: what threads gather for themselves is not there while a test says so. The rest is.
extern "C" void* __libc_malloc(std::size_t size);
extern "C" void* malloc(std::size_t size) noexcept {
    const bool isGathered = size == patchbay::MemoryReserve::kPiece || size == patchbay::MemoryReserve::kFirstPiece;
    return isGathered && gathersNothing.load(std::memory_order_relaxed) ? nullptr : __libc_malloc(size);
}

#endif

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;

/// PATCHBAY_SHORTAGE=n begins with that allocation.
const std::size_t kFirst = [] {
    const char* const from = std::getenv("PATCHBAY_SHORTAGE");
    return from ? std::stoul(from) : 0UL;
}();

/// What a session may ask of its server.
class Busy {
    SERVER_ENDPOINT(Busy, "/busy/{name}", .origins = {"*"}, .maxMessageSize = 64_KiB, .receiveQueue = 200)
public:
    explicit Busy(Topics& topics) : topics_{topics} {}

    ON_OPEN(opened)
    void opened(const Session& session) { session.subscribe("all"); }
    ON_MESSAGE(said)
    void said(const Session& session, std::string_view text) {
        if (text == "close") return session.close(CloseCode{4001}, "a reason that is longer than any short string is");
        if (text == "throw") throw 42;
        if (text == "all") return void(topics_.publish("all", std::string(100, 'a')));
        if (text == "all of it") return void(topics_.publish("all", std::string(60'000, 'a')));
        if (text == "post") return session.post([session] { session.send("posted"); });
        if (text == "after") {
            session.after(1ms, [session] { session.send("after"); });
            return;
        }
        if (text == "idle") return session.setIdleTimeout(1ms);
        if (text == "pause") {
            session.pauseReceiving();
            session.after(1ms, [session] { session.resumeReceiving(); });
            return;
        }
        if (text == "leave") return session.unsubscribe("all");
        session.send(text);
    }

private:
    Topics& topics_;
};

ServerConfig config() {
    ServerConfig config;
    config.server.listen[0].url = "http://127.0.0.1:0";
    config.server.loops = 1;
    config.server.workers = 1;
    config.server.drainTimeout = 2s;
    config.limits.messageTimeout = 1s;
    return config;
}

/// One of a peer's visits.
struct Visit {
    const char* name;
    std::function<void(std::uint16_t port)> pay;
};

const std::string kFields = "Host: localhost\r\n";

const Visit kVisits[] = {
    {"Requests",
     [](std::uint16_t port) {
         RawSocket socket{port};
         socket.send("GET /hello HTTP/1.1\r\n" + kFields + "\r\n");
         socket.readAnswer();
         socket.send("GET /no");
         socket.send("where HTTP/1.1\r\n" + kFields + "\r\n");
         socket.readAnswer();
         socket.send("HTTP/0.1 nonsense\r\n\r\n");
         socket.readToEnd();
     }},
    {"BodiesForAWorker",
     [](std::uint16_t port) {
         RawSocket socket{port};
         socket.send("POST /whole HTTP/1.1\r\n" + kFields + "Content-Length: 40000\r\n\r\n" + std::string(20'000, 'b'));
         socket.send(std::string(20'000, 'c'));
         socket.readAnswer();
         socket.send("POST /whole HTTP/1.1\r\n" + kFields + "Connection: close\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
         socket.readToEnd();
     }},
    {"AnswersThatCome",
     [](std::uint16_t port) {
         RawSocket socket{port};
         socket.send("POST /upload HTTP/1.1\r\n" + kFields + "Content-Length: 6\r\n\r\nfoo");
         socket.send("bar");
         socket.readAnswer();
         socket.send("GET /stream HTTP/1.1\r\n" + kFields + "Connection: close\r\n\r\n");
         socket.readToEnd();
     }},
    {"Echoes",
     [](std::uint16_t port) {
         RawWebSocket peer{port, "/busy/ann"};
         peer.text("hello");
         peer.next();
         peer.text(std::string(60'000, 'l'));
         peer.next();
         peer.socket().send(clientFrame(kText, std::string(30'000, 'h'), false));
         peer.ping("are you there?");
         peer.next();
         peer.socket().send(clientFrame(kContinuation, "the rest"));
         peer.next();
         peer.close(1000, "bye");
         peer.socket().readToEnd();
     }},
    {"TopicsTimersAndTasks",
     [](std::uint16_t port) {
         RawWebSocket peer{port, "/busy/ann"};
         for (const char* word : {"all", "post", "after"}) {
             peer.text(word);
             peer.next();
         }
         peer.text("pause");
         peer.text("behind the pause");
         peer.text(std::string(300, 'x'));
         peer.next();
         peer.next();
         peer.text("leave");
         peer.text("close");
         peer.skipToClose();
         peer.close(4001);
         peer.socket().readToEnd();
     }},
    {"LargeBroadcasts",
     [](std::uint16_t port) {
         RawWebSocket ann{port, "/busy/ann"}, bob{port, "/busy/bob"};
         for (int i = 0; i < 2; ++i) {
             ann.text("all of it");
             if (ann.next().opcode != kClose) bob.next();
         }
     }},
    {"Structs",
     [](std::uint16_t port) {
         RawWebSocket peer{port, "/json"};
         for (const std::size_t size : {10U, 20'000U}) {
             peer.text(R"({"type":"Record","text":")" + std::string(size, 't') + R"(","number":1.5,"list":["a longer text than is short","b"]})");
             peer.next();
         }
         peer.text(R"({"type":"Record","text":1})");
         peer.text(R"({"type":"Other"})");
         peer.text(R"({"type":"Record","text":"","number":0,"list":[]})");
         peer.next();
     }},
    {"HandlersThatThrow",
     [](std::uint16_t port) {
         RawWebSocket peer{port, "/busy/ann"};
         peer.text("throw");
         peer.close(peer.skipToClose().code);
         peer.socket().readToEnd();
     }},
    {"MistakesInFrames",
     [](std::uint16_t port) {
         RawWebSocket peer{port, "/busy/ann"};
         peer.socket().send("\x81\x05hello");
         peer.socket().readToEnd();
     }},
    {"MessagesThatAreTooLarge",
     [](std::uint16_t port) {
         RawWebSocket peer{port, "/busy/ann"};
         peer.text(std::string(70'000, 'x'));
         peer.socket().readToEnd();
     }},
    {"LossesAndSilence",
     [](std::uint16_t port) {
         RawWebSocket peer{port, "/busy/ann"};
         peer.text("half");
         peer.next();
         peer.socket().reset();
         RawWebSocket silent{port, "/busy/bob"};
         silent.text("idle");
         silent.close(silent.skipToClose().code);
         silent.socket().readToEnd();
     }},
    {"RefusedHandshakes",
     [](std::uint16_t port) {
         for (const char* target : {"/nowhere", "/busy/%ff"}) {
             RawSocket socket{port};
             socket.send(upgradeRequest(target));
             socket.readAnswer();
         }
     }},
};

class Shortages : public ::testing::TestWithParam<Visit> {
protected:
    Shortages() {
        server.deploy<Busy>();
        server.deploy<hostile::Json>();
        server.handleAsync("GET", "/hello", [](const HttpExchange& exchange) { exchange.respond({200, {}, "hello"}); });
        server.handleAsync("GET", "/suffers", [](const HttpExchange& exchange) {
            suffersShortages();
            exchange.respond({200, {}, {}});
        });
        server.handle("POST", "/whole", [](const HttpRequest& request, HttpResponse& response) {
            response.write("text/plain", std::to_string(request.body.size()));
        });
        server.handleAsync("POST", "/upload", [](const HttpExchange& exchange) {
            const auto size = std::make_shared<std::size_t>(0);
            exchange.onBody([exchange, size](Bytes piece, bool last) {
                *size += piece.size();
                if (last) exchange.respond({200, {}, std::to_string(*size)});
            });
        });
        server.handleAsync("GET", "/stream", [](const HttpExchange& exchange) {
            const HttpStream stream = exchange.start(200, {{"Content-Type", "text/plain"}});
            for (int i = 0; i < 3; ++i) stream.write(std::string(3000, 's'));
            stream.finish();
        });
        server.start();
        ask("/suffers");
    }
    int ask(const std::string& target) {
        RawSocket socket{server.port()};
        socket.send("GET " + target + " HTTP/1.1\r\n" + kFields + "\r\n");
        return socket.readAnswer().status;
    }
    /// Pays one, as far as it comes.   Returns: whether an allocation failed.
    bool visit(Shortage::Of of) {
        const auto begin = std::chrono::steady_clock::now();
        const Shortage shortage{of};
        try {
            GetParam().pay(server.port());
        } catch (const std::runtime_error&) {  // NOLINT(bugprone-empty-catch): it was sent away
        }
        EXPECT_LT(std::chrono::steady_clock::now() - begin, 8s) << "it was kept waiting, allocation " << of.after;
        return shortage.failed() > 0;
    }
    /// For everybody else.
    void expectServing(std::size_t after) {
        EXPECT_EQ(ask("/hello"), 200);
        RawWebSocket peer{server.port(), "/busy/eve"};
        peer.text("still here");
        EXPECT_EQ(peer.nextText(), "still here") << after;
        peer.close(1000);
        peer.skipToClose();
        EXPECT_TRUE(eventually([&] { return server.sessionCount() == 0; })) << "one is left of the visit, allocation " << after;
    }

    Server server{config()};
};

TEST_P(Shortages, OfSmallThingsAreHadFromTheReserve) {
    std::size_t after = kFirst;
    for (; visit({.after = after, .count = 1, .least = 0}) && !HasFailure(); ++after) {
        EXPECT_TRUE(MemoryReserve::refill());
        expectServing(after);
    }
    std::cout << after << " allocations\n";
    EXPECT_GT(after, 20U);
    EXPECT_TRUE(server.stop());
}

/// Twice: the reserve does not help.
TEST_P(Shortages, OfLargePiecesCostAConnectionAtMost) {
    std::size_t after = 0;
    for (; visit({.after = after, .count = 2, .least = 4096}) && !HasFailure(); ++after) {
        EXPECT_FALSE(MemoryReserve::isOut()) << after;
        expectServing(after);
    }
    std::cout << after << " allocations\n";
    EXPECT_TRUE(server.stop());
}

TEST(AServersReserve, IsThereWhileTheServerIsAndWhereTheApplicationWantsIt) {
    {
        const Server server{config()};
        EXPECT_NE(std::get_new_handler(), nullptr);
    }
    EXPECT_EQ(std::get_new_handler(), nullptr);
    ServerConfig without = config();
    without.server.memoryReserve = false;
    const Server server{std::move(without)};
    EXPECT_EQ(std::get_new_handler(), nullptr);
    EXPECT_FALSE(MemoryReserve::isOut());
}

TEST(AServersReserve, IsKeptByEachLoopFromItsBeginningOn) {
    ServerConfig two = config();
    two.server.loops = 2;
    Server server{std::move(two)};
    const std::size_t before = MemoryReserve::heldBytes();
    server.start();
    EXPECT_TRUE(eventually([&] { return MemoryReserve::heldBytes() >= before + 2 * MemoryReserve::kKept; })) << "of its own, in its part of the heap";
    server.stop();
    EXPECT_EQ(MemoryReserve::heldBytes(), before) << "and gives it back with its end";
}

#ifndef PATCHBAY_ADDRESS_SANITIZER  // which has an address space of its own

/// While it lives this process gets no more address space, and no thread gathers anything for itself.
class NothingLeft {
public:
    NothingLeft() {
        ::getrlimit(RLIMIT_AS, &before_);
        gathersNothing = true;
        const rlimit none{.rlim_cur = 1, .rlim_max = before_.rlim_max};
        ::setrlimit(RLIMIT_AS, &none);
    }
    ~NothingLeft() {
        ::setrlimit(RLIMIT_AS, &before_);
        gathersNothing = false;
    }
    NothingLeft(const NothingLeft&) = delete;

private:
    rlimit before_{};
};

TEST(AServerWithoutMemory, ClosesNewcomersWithoutAWord) {
    Server server{config()};
    server.handleAsync("GET", "/hello", [](const HttpExchange& exchange) { exchange.respond({200, {}, "hello"}); });
    server.start();
    const auto isTurnedAway = [&] {
        RawSocket socket{server.port()};
        try {
            socket.send("GET /hello HTTP/1.1\r\n" + kFields + "Connection: close\r\n\r\n");
            return socket.ends();
        } catch (const std::runtime_error&) {
            return true;  // it was gone before it had asked
        }
    };
    EXPECT_FALSE(isTurnedAway());
    {
        const NothingLeft nothing;
        std::get_new_handler()();  // somebody lives on the reserve
        EXPECT_TRUE(eventually(isTurnedAway)) << "of several in a twentieth of a second one hears how the server is";
    }
    EXPECT_TRUE(eventually([&] { return !isTurnedAway(); }));
    EXPECT_TRUE(server.stop());
}

#endif

INSTANTIATE_TEST_SUITE_P(In, Shortages, ::testing::ValuesIn(kVisits), [](const auto& tested) { return std::string{tested.param.name}; });

}  // namespace
}  // namespace patchbay::test
