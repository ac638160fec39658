// One sends, everybody gets it. What is counted and timed are deliveries: a message counts from when it was published,
// or at a rate from when it was due, once for each connection that it reaches. For `slow` there are others, which never
// read.

#include "Modes.hpp"
#include "Schedule.hpp"

#include <deque>
#include <stdexcept>

namespace bench {

namespace {

using namespace std::chrono_literals;

constexpr auto kJoinedWithin = 250ms;  // or the next message asks who is there
constexpr auto kAllJoinedWithin = 10s;
constexpr const char* kNobodyElse =
    "what the first connection sends has not reached all of them in 10 s: does this path fan out?";

class Fanout final : public Crowd {
public:
    using Crowd::Crowd;

    void run() override {
        open(options_.connections);
        join();
        openStalled();
        if (options_.rate > 0) schedule_.emplace(options_.rate, Clock::now());
        warmUpAndMeasure();
        sending_ = false;
        turnUntil([&] { return published_.empty(); });
        leave();
    }

private:
    struct Published {
        Time due;
        std::size_t missing;  // connections that do not have it yet
    };

    /// A server may answer the handshake before it has subscribed the connection. So messages are sent until one
    /// reaches all.
    void join() {
        for (const auto& connection : connections_) connection->joining = true;
        auto& publisher = *connections_.front();
        const auto begun = Clock::now();
        auto published = Time{};
        turnUntil([&] {
            const bool all = std::ranges::all_of(connections_, [&](const auto& connection) {
                return publisher.sent() != 0 && connection->received() == publisher.sent();
            });
            const auto now = Clock::now();
            if (!all && now - begun > kAllJoinedWithin) throw std::runtime_error{kNobodyElse};
            if (!all && now - published > kJoinedWithin) {
                publish(1);
                published = now;
            }
            return all;
        });
        for (const auto& connection : connections_) connection->joining = false;
        base_ = publisher.sent();
    }

    void openStalled() {
        const auto receivers = connections_.size();
        open(options_.stalled);
        for (; connections_.size() != receivers; connections_.pop_back()) {
            turnAwayFrom(*connections_.back());
            stalled_.push_back(std::move(connections_.back()));
        }
        receivers_ = receivers;
    }

    void publish(std::uint64_t count) {
        connections_.front()->send(count);
        updateInterest(*connections_.front());
    }

    void publish(std::uint64_t count, Time due, Time now) {
        published_.insert(published_.end(), count, {due, receivers_});
        expect(count * receivers_, now);
    }

    Time tick(Time now) override {
        if (receivers_ == 0 || !sending_) return Crowd::tick(now);
        if (!schedule_) {
            if (!published_.empty()) return Crowd::tick(now);
            publish(options_.inFlight, now, now);
            publish(options_.inFlight);
            return Crowd::tick(now);
        }
        std::uint64_t count = 0;
        for (; schedule_->next() <= now; ++count) {
            if (connections_.front()->stream().unsentBytes() > kMostUnsentBytes) break;
            publish(1, schedule_->take(), now);
        }
        if (count != 0) publish(count);
        return schedule_->next() <= now ? Crowd::tick(now) : schedule_->next();
    }

    void received(Connection& connection, std::uint64_t first, std::uint64_t count, Time now) override {
        if (connection.received() > connections_.front()->sent())
            throw std::runtime_error{"a message came that nobody published"};
        for (auto number = first; number != first + count; ++number) {
            auto& message = published_[number - base_];
            delivered(message.due, 1, now);
            --message.missing;
        }
        for (; !published_.empty() && published_.front().missing == 0; published_.pop_front()) ++base_;
    }

    std::optional<Schedule> schedule_;
    std::vector<std::unique_ptr<Connection>> stalled_;
    std::deque<Published> published_;  // those that are not with everyone yet
    std::uint64_t base_ = 0;           // the number of the first of them
    std::size_t receivers_ = 0;        // 0 until all have joined
};

}  // namespace

std::unique_ptr<Crowd> makeFanout(const Options& options) { return std::make_unique<Fanout>(options); }

}  // namespace bench
