#include "Crowd.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <stdexcept>

#include <unistd.h>

namespace bench {

namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 10s;       // for any answer
constexpr auto kLongestWait = 100ms;  // a signal that comes just before a wait is seen this much later
constexpr auto kClockPatience = 1s;
constexpr auto kGoodbyePatience = 2s;     // without a goodbye
constexpr std::size_t kOpenAtOnce = 128;  // or the server's queue of connections would overflow
constexpr double kWarmUpShare = 0.2;

volatile std::sig_atomic_t stopped = 0;

std::chrono::nanoseconds ownCpuTime() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

}  // namespace

void Crowd::stop() noexcept { stopped = 1; }
bool Crowd::isStopped() noexcept { return stopped != 0; }

Crowd::Crowd(const Options& options)
    : options_{options},
      shared_{options},
      dialer_{options},
      lastEvent_{Clock::now()},
      lastShown_{lastEvent_},
      shows_{::isatty(STDERR_FILENO) == 1} {
    if (options.pid == 0) return;
    server_.emplace(options.pid);
    result_.server.emplace().residentBefore = server_->residentBytes();
}

const Result& Crowd::failed() noexcept {
    ++result_.errors;
    return result_;
}

Connection& Crowd::begin() {
    auto& connection = *connections_.emplace_back(std::make_unique<Connection>(dialer_.dial(), shared_, Clock::now()));
    connection.place = connections_.size() - 1;
    poller_.add(connection.stream().descriptor(), &connection);
    updateInterest(connection);
    if (connection.state() == Connection::State::Upgrading) ++opening_;
    return connection;
}

void Crowd::forget(Connection& connection) {
    connections_.back()->place = connection.place;
    std::swap(connections_[connection.place], connections_.back());
    connections_.pop_back();
}

void Crowd::open(std::size_t count) {
    turnUntil([&] {
        for (; count != 0 && opening_ < kOpenAtOnce; --count) begin();
        return count == 0 && opening_ == 0;
    });
    if (isStopped()) throw std::runtime_error{"interrupted before all connections were open"};
}

void Crowd::leave() {
    for (const auto& connection : connections_) {
        if (connection->state() != Connection::State::Open) continue;
        connection->leave();
        if (connection->state() != Connection::State::Leaving) continue;
        updateInterest(*connection);
        ++leaving_;
    }
    auto last = Clock::now();
    for (auto before = leaving_; leaving_ != 0 && Clock::now() - last < kGoodbyePatience;) {
        turn(last + kGoodbyePatience);
        if (leaving_ != before) last = Clock::now();
        before = leaving_;
    }
}

void Crowd::turnUntil(const std::function<bool()>& done) {
    lastEvent_ = Clock::now();
    while (!isStopped() && !done()) turn(Clock::now() + kLongestWait);
}

void Crowd::turn(Time until) {
    auto now = Clock::now();
    const auto wake = std::min({tick(now), until, now + kLongestWait});
    const auto events = poller_.wait(std::max<std::int64_t>((wake - now).count(), 0));
    for (const auto& event : events) react(*static_cast<Connection*>(event.data.ptr));
    now = Clock::now();
    if (!events.empty() || outstanding_ + opening_ == 0) lastEvent_ = now;
    if (now - lastEvent_ > kPatience) {
        throw std::runtime_error{
            "no answer for 10 s, with " +
            (opening_ != 0 ? std::to_string(opening_) + " handshakes" : std::to_string(outstanding_) + " messages") +
            " on their way"};
    }
    if (shows_ && now - lastShown_ >= 1s) show(now);
}

void Crowd::react(Connection& connection) {
    const auto before = connection.received();
    const auto state = connection.state();
    connection.react();
    const auto now = Clock::now();
    if (const auto count = connection.received() - before; count != 0 && !connection.joining) {
        received(connection, before, count, now);
    }
    if (state == Connection::State::Upgrading && connection.state() != state) {
        --opening_;
        opened(connection, now);
    }
    if (connection.state() != Connection::State::Left) return updateInterest(connection);
    if (leaving_ != 0) --leaving_;
    left(connection);
}

void Crowd::expect(std::uint64_t count, Time now) {
    if (outstanding_ == 0) lastEvent_ = now;
    outstanding_ += count;
}

void Crowd::delivered(Time due, std::uint64_t count, Time now) {
    result_.latency.record(now - due, count);
    outstanding_ -= count;
    if (counting_) result_.messages += count;
}

void Crowd::reset() {
    result_.latency.clear();
    result_.messages = result_.bytesSent = result_.bytesReceived = messagesShown_ = 0;
    result_.time = {};
}

void Crowd::warmUpAndMeasure() {
    if (options_.warmUp) {
        measure(*options_.warmUp, 0);
    } else {
        measure(kWarmUpShare * options_.seconds, kWarmUpShare * options_.messages);
    }
    reset();
    measure(options_.seconds, options_.messages);
}

/// Goes on until the server's clock has moved, too: that of a server that never waits moves with the kernel's ticks.
void Crowd::measure(double seconds, double messages) {
    const auto begin = Clock::now();
    const auto ownCpuBefore = ownCpuTime();
    const auto cpuBefore = server_ ? server_->cpuTime() : 0ns;
    const auto sent = shared_.bytesSent, received = shared_.bytesReceived;
    const std::chrono::duration<double> most{seconds};
    const auto end = begin + std::chrono::duration_cast<Clock::duration>(most);
    std::optional<std::chrono::duration<double>> enough;  // when it could have ended
    counting_ = true;
    const auto over = [&] {
        if (isStopped() || outstanding_ >= mostOutstanding_) return true;
        if (result_.time < most && (messages == 0 || static_cast<double>(result_.messages) < messages)) return false;
        if (!enough) enough = result_.time;
        return !server_ || server_->cpuTime() != cpuBefore || result_.time - *enough > kClockPatience;
    };
    while (!over()) {
        turn(enough ? Clock::now() + kLongestWait : end);
        result_.time = Clock::now() - begin;
        result_.bytesSent = shared_.bytesSent - sent;
        result_.bytesReceived = shared_.bytesReceived - received;
    }
    counting_ = false;
    result_.ownCpu = ownCpuTime() - ownCpuBefore;
    if (!server_) return;
    result_.server->cpu = server_->cpuTime() - cpuBefore;
    result_.server->resident = server_->residentBytes();
}

void Crowd::show(Time now) {
    const std::chrono::duration<double> since = now - lastShown_;
    lastShown_ = now;
    if (opening_ != 0 && outstanding_ == 0 && !counting_) {
        std::fprintf(stderr, "\r\033[K  opening: %s connections",
                     grouped(static_cast<double>(connections_.size())).c_str());
    } else if (counting_) {
        const auto rate =
            static_cast<double>(result_.messages - std::min(messagesShown_, result_.messages)) / since.count();
        std::fprintf(stderr, "\r\033[K  %3.0f s   %s per second   p50 %s   p99 %s", result_.time.count(),
                     grouped(rate).c_str(), readable(result_.latency.percentile(0.5)).c_str(),
                     readable(result_.latency.percentile(0.99)).c_str());
        messagesShown_ = result_.messages;
    }
    std::fflush(stderr);
}

}  // namespace bench
