// One connection that sends as much as it can, of what is cheap to send: it costs bounded memory, a bounded time of the
// processor for each byte, and never keeps the loop that it shares with others from serving them. One loop, so that they
// share it.
#include "hostile/Victim.hpp"

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <iostream>
#include <thread>

namespace patchbay::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kFlood{1500};
constexpr std::size_t kMemory = std::size_t{32} << 20;
constexpr std::chrono::nanoseconds kPerByte{1000};
constexpr std::chrono::seconds kLongestEcho{5};

enum class Reads : std::uint8_t { Everything, Nothing };

struct Flood {
    const char* name;
    std::string opening;  ///< sent once, before the flood; empty: the flood takes the place of a request
    std::string unit;     ///< sent over and over
    Reads reads = Reads::Everything;
};

std::string times(int count, const std::string& unit) {
    std::string text;
    for (int i = 0; i < count; ++i) text += unit;
    return text;
}

/// A connection that floods until it is told to stop, and comes again when the server throws it out.
class Flooder {
public:
    Flooder(const Victim& server, const Flood& flood)
        : server_{server}, flood_{flood}, block_{times(repeats(flood), flood.unit)}, thread_{[this] { run(); }} {}
    ~Flooder() { stop(); }

    void stop() {
        enough_ = true;
        if (thread_.joinable()) thread_.join();
    }
    /// Requires: stopped.
    std::size_t bytes() const noexcept { return bytes_; }
    int connections() const noexcept { return connections_; }

private:
    void run() {
        for (; !enough_; ++connections_) connectAndFlood();
    }

    static int repeats(const Flood& flood) { return static_cast<int>(std::max<std::size_t>(1, 65536 / flood.unit.size())); }

    void connectAndFlood() {
        const Descriptor socket = connected();
        send(socket.get(), flood_.opening);
        std::size_t at = 0;
        while (!enough_) {
            pollfd ready{socket.get(), static_cast<short>(POLLOUT | (flood_.reads == Reads::Everything ? POLLIN : 0)), 0};
            ::poll(&ready, 1, 50);
            if ((ready.revents & POLLIN) != 0 && !drain(socket.get())) return;
            if ((ready.revents & (POLLERR | POLLHUP)) != 0) return;
            if ((ready.revents & POLLOUT) == 0) continue;
            const auto sent = send(socket.get(), std::string_view{block_}.substr(at));
            if (sent < 0) return;
            bytes_ += static_cast<std::size_t>(sent);
            at = (at + static_cast<std::size_t>(sent)) % block_.size();
        }
    }

    Descriptor connected() const {
        Descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(server_.port());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) socket.close();
        return socket;
    }

    static ssize_t send(int socket, std::string_view bytes) {
        const auto sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        return sent < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : sent;
    }

    static bool drain(int socket) {
        std::array<char, 65536> some;
        return ::recv(socket, some.data(), some.size(), MSG_DONTWAIT) != 0;
    }

    const Victim& server_;
    const Flood& flood_;
    const std::string block_;
    std::size_t bytes_ = 0;
    int connections_ = 0;
    std::atomic<bool> enough_{false};
    std::thread thread_;  // last: it uses the others
};

class Floods : public testing::TestWithParam<Flood> {};

TEST_P(Floods, CostBoundedMemoryAndLeaveTheLoopToOthers) {
    Victim server{{.loops = 1, .config = "  idleTimeout: off\n"}};
    RawWebSocket healthy{server.port(), "/echo"};
    std::size_t most = server.residentBytes();
    const std::size_t before = most;
    const auto cpuBefore = server.cpuTime();

    Flooder flooder{server, GetParam()};
    int echoes = 0;
    Clock::duration longest{};
    for (const auto end = Clock::now() + kFlood; Clock::now() < end || echoes < 10; ++echoes) {
        const auto asked = Clock::now();
        healthy.text("hello");
        if (healthy.nextText() != "hello") ADD_FAILURE() << "not the echo";
        longest = std::max(longest, Clock::now() - asked);
        most = std::max(most, server.residentBytes());
    }
    flooder.stop();
    const auto perByte = (server.cpuTime() - cpuBefore) / std::max<std::size_t>(flooder.bytes(), 1);

    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(longest).count();
    std::cout << flooder.bytes() / 1000 << " kB over " << flooder.connections() << " connections, " << perByte.count() << " ns a byte, "
              << (most - before) / 1024 << " KiB; beside it " << echoes << " echoes, the slowest " << milliseconds << " ms\n";
    EXPECT_GT(flooder.bytes(), 0U);
    EXPECT_LE(most - before, kMemory);
    EXPECT_LE(perByte, kPerByte);
    EXPECT_LE(longest, kLongestEcho);
    EXPECT_TRUE(server.echoes()) << "a newcomer, after it";
}

const std::string kEcho = upgradeRequest("/echo");

INSTANTIATE_TEST_SUITE_P(
    Of, Floods,
    testing::Values(Flood{"Pings", kEcho, clientFrame(kPing, "x")},
                    Flood{"PingsWhosePongsNobodyReads", kEcho, clientFrame(kPing, std::string(125, 'x')), Reads::Nothing},
                    Flood{"Pongs", kEcho, clientFrame(kPong, "")},
                    Flood{"FragmentsOfOneByte", kEcho,
                          clientFrame(kText, "x", false) + times(60'000, clientFrame(kContinuation, "x", false)) +
                              clientFrame(kContinuation, "x")},
                    Flood{"FragmentsWithoutEnd", kEcho + clientFrame(kText, "x", false), clientFrame(kContinuation, "x", false)},
                    Flood{"EmptyFragmentsWithoutEnd", kEcho + clientFrame(kText, "", false), clientFrame(kContinuation, "", false)},
                    Flood{"PingsBetweenFragments", kEcho + clientFrame(kText, "", false),
                          clientFrame(kContinuation, "", false) + clientFrame(kPing, "")},
                    Flood{"EmptyMessages", kEcho, clientFrame(kText, "")},
                    Flood{"TinyMessages", kEcho, clientFrame(kText, "x")},
                    Flood{"TinyMessagesWhoseEchoesNobodyReads", kEcho, clientFrame(kText, "x"), Reads::Nothing},
                    Flood{"TinyStructs", upgradeRequest("/json"), clientFrame(kText, R"({"text":"","number":1,"list":[]})")},
                    Flood{"MistakenStructs", upgradeRequest("/json"), clientFrame(kText, "{}")},
                    Flood{"LargeMessages", kEcho, clientFrame(kBinary, std::string(65536, 'x'))},
                    Flood{"LargeMessagesWhoseEchoesNobodyReads", kEcho, clientFrame(kBinary, std::string(65536, 'x')),
                          Reads::Nothing},
                    Flood{"FrameHeadersOfTooMuch", kEcho, std::string("\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10)},
                    Flood{"MessagesToEveryone", upgradeRequest("/room"), clientFrame(kText, "x")},
                    Flood{"Requests", {}, "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n"},
                    Flood{"RequestsWhoseAnswersNobodyReads", {}, "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n", Reads::Nothing},
                    Flood{"EmptyLines", {}, "\r\n"}, Flood{"HeadersWithoutEnd", "GET / HTTP/1.1\r\n", "a: b\r\n"},
                    Flood{"LettersWithoutEnd", {}, "A"}, Flood{"Handshakes", {}, kEcho}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace patchbay::test
