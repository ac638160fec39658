// The load generator: bench-load --port P --pid PID --wire tcp|websocket --cell echo|fanout --size BYTES
//                                --connections N --depth D --messages M --seconds S
//
// Keeps D messages in flight, per connection (echo) or from the first connection to all of them (fanout), until M have
// come back or S seconds have passed, and prints one line of JSON: how many came, in what time, and how much CPU time
// process PID took for them. A fifth of M and S goes before, unmeasured. A wrong answer, or none for ten seconds, ends
// it with 1 and a sentence.

#include "load/Connection.hpp"

#include <chrono>
#include <cstdio>
#include <ctime>
#include <map>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace {

using bench::Connection;
using Seconds = std::chrono::duration<double>;

constexpr int kPatienceMs = 10'000;
constexpr std::size_t kReadBytes = std::size_t{512} << 10;
constexpr double kWarmUp = 0.2;  // of the measured part

enum class Cell : std::uint8_t { Echo, Fanout };

struct Options {
    std::uint16_t port = 0;
    pid_t server = 0;
    bench::Wire wire{};
    Cell cell{};
    std::size_t size = 0, connections = 0, depth = 0;
    double messages = 0, seconds = 0;
};

/// Every option must be given.
Options readOptions(int argc, char** argv) {
    std::map<std::string_view, std::string> given;
    for (int index = 1; index + 1 < argc; index += 2) given[argv[index]] = argv[index + 1];
    return {.port = static_cast<std::uint16_t>(std::stoul(given.at("--port"))),
            .server = std::stoi(given.at("--pid")),
            .wire = given.at("--wire") == "tcp" ? bench::Wire::Tcp : bench::Wire::WebSocket,
            .cell = given.at("--cell") == "fanout" ? Cell::Fanout : Cell::Echo,
            .size = std::stoul(given.at("--size")),
            .connections = std::stoul(given.at("--connections")),
            .depth = std::stoul(given.at("--depth")),
            .messages = std::stod(given.at("--messages")),
            .seconds = std::stod(given.at("--seconds"))};
}

/// User and system time of all threads of a process, those that have ended included.
Seconds cpuTimeOf(pid_t process) {
    clockid_t clock{};
    timespec time{};
    if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &time) != 0) bench::fail("the CPU clock");
    return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

class Load {
public:
    explicit Load(const Options& options)
        : options_{options}, messages_{options.wire, options.size, options.depth}, room_(kReadBytes) {
        const std::string path = options.cell == Cell::Echo ? "/echo" : "/fanout";
        for (std::size_t count = 0; count < options.connections; ++count) {
            auto& added = connections_.emplace_back(std::make_unique<Connection>(options.port, path, messages_));
            poller_.add(added->stream().descriptor(), added.get());
        }
    }

    void start() {
        const auto senders = options_.cell == Cell::Echo ? connections_.size() : 1;
        for (std::size_t index = 0; index < senders; ++index) send(*connections_[index], options_.depth);
    }

    /// Sends no more and waits for what is under way, so that no server is left with answers that nobody takes.
    void finish() {
        sending_ = false;
        while (outstanding_ != 0) turn();
    }

    struct Result {
        double messages = 0;
        Seconds time{}, cpu{};
    };

    /// Goes on until `share` of the messages or of the time is used up, and until the server's clock has moved: that
    /// of a server that never waits moves with the kernel's ticks.
    Result run(double share) {
        const auto begin = std::chrono::steady_clock::now();
        const auto cpuBefore = cpuTimeOf(options_.server);
        Result result;
        const auto goesOn = [&] {
            if (result.messages < share * options_.messages && result.time.count() < share * options_.seconds)
                return true;
            result.cpu = cpuTimeOf(options_.server) - cpuBefore;
            return result.cpu == Seconds::zero();
        };
        while (goesOn()) {
            result.messages += static_cast<double>(turn());
            result.time = std::chrono::steady_clock::now() - begin;
        }
        return result;
    }

private:
    /// Handles what one wait reports; how many messages came.
    std::size_t turn() {
        std::size_t all = 0;
        for (const auto& event : poller_.wait(kPatienceMs)) {
            auto& connection = *static_cast<Connection*>(event.data.ptr);
            if ((event.events & EPOLLOUT) != 0) connection.stream().flush();
            const auto came = connection.receive(room_);
            all += came;
            outstanding_ -= came;
            if (options_.cell == Cell::Echo) send(connection, came);
        }
        // Fan-out: the next messages go out when the last ones are with everyone.
        if (options_.cell == Cell::Fanout && outstanding_ == 0) send(*connections_.front(), options_.depth);
        return all;
    }

    void send(Connection& connection, std::size_t count) {
        if (count != 0 && sending_) {
            connection.send(count);
            outstanding_ += count * (options_.cell == Cell::Echo ? 1 : connections_.size());
        }
        poller_.update(connection.stream(), &connection, connection.waitsToWrite);
    }

    const Options options_;
    bench::Messages messages_;
    bench::Poller poller_;
    std::vector<std::byte> room_;
    std::vector<std::unique_ptr<Connection>> connections_;
    bool sending_ = true;
    std::size_t outstanding_ = 0;  // messages that are still to come, on all connections
};

}  // namespace

int main(int argc, char** argv) try {
    Load load{readOptions(argc, argv)};
    load.start();
    load.run(kWarmUp);
    const auto result = load.run(1);
    load.finish();
    std::printf("{\"messages\": %.0f, \"seconds\": %.6f, \"cpu_seconds\": %.9f}\n", result.messages,
                result.time.count(), result.cpu.count());
} catch (const std::exception& error) {
    std::fprintf(stderr, "bench-load: %s\n", error.what());
    return 1;
}
