#include "Echo.hpp"

#include "Modes.hpp"

#include <algorithm>
#include <stdexcept>

namespace bench {

void Echo::run() {
    open(options_.connections);
    if (options_.rate > 0) {
        schedule(options_.rate);
    } else {
        const auto now = Clock::now();
        for (const auto& connection : connections_) send(*connection, options_.inFlight, now, now);
    }
    warmUpAndMeasure();
    finish();
    leave();
}

void Echo::schedule(double rate) { schedule_.emplace(rate, Clock::now()); }

void Echo::finish() {
    sending_ = false;
    turnUntil([&] { return outstanding() == 0; });
}

void Echo::send(Connection& connection, std::uint64_t count, Time due, Time now) {
    connection.dues.add(due, count);
    expect(count, now);
    connection.send(count);
    updateInterest(connection);
}

void Echo::received(Connection& connection, std::uint64_t, std::uint64_t count, Time now) {
    if (connection.received() > connection.sent()) throw std::runtime_error{"a message came that nobody asked for"};
    connection.dues.take(count, [&](Time due, std::uint64_t some) { delivered(due, some, now); });
    if (sending_ && !schedule_) send(connection, count, now, now);
}

/// All that is due goes out, what one connection has to send at once together.
Time Echo::tick(Time now) {
    if (!schedule_ || !sending_) return Crowd::tick(now);
    const auto all = connections_.size(), first = turn_, most = all * shared_.messages.most();
    std::size_t count = 0;
    for (; schedule_->next() <= now && count < most; ++count) {
        auto& connection = *connections_[turn_];
        if (connection.stream().unsentBytes() > kMostUnsentBytes) break;
        connection.dues.add(schedule_->take(), 1);
        turn_ = (turn_ + 1) % all;
    }
    if (count == 0) return schedule_->next() <= now ? Crowd::tick(now) : schedule_->next();
    expect(count, now);
    for (std::size_t index = 0; index < std::min(count, all); ++index) {
        auto& connection = *connections_[(first + index) % all];
        connection.send(count / all + (index < count % all ? 1 : 0));
        updateInterest(connection);
    }
    return schedule_->next();
}

std::unique_ptr<Crowd> makeEcho(const Options& options) { return std::make_unique<Echo>(options); }

}  // namespace bench
