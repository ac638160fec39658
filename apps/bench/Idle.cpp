// Connections that rest: what memory each costs the server once its use of memory has settled, and how fast the answers
// come when all of them suddenly send one message.

#include "Echo.hpp"
#include "Modes.hpp"

#include <algorithm>
#include <deque>

namespace bench {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kSampleEvery = 100ms, kSettledWithin = 30s;
constexpr std::size_t kSamples = 10;                              // that differ by no more than
constexpr std::uint64_t kSettledBytes = std::uint64_t{64} << 10;  // this: it has settled
/// The first tenth is not counted: it pays for what a server needs once, however many come.
constexpr std::size_t kFirstOf = 10;
constexpr double kLongEnough = 3600;                              // seconds; patience ends before

class Idle final : public Echo {
public:
    using Echo::Echo;

    void run() override {
        const auto first = (options_.connections + kFirstOf - 1) / kFirstOf;
        open(first);
        const double before = server_ ? restingBytes() : 0;
        open(options_.connections - first);
        if (server_ && options_.connections > first) {
            result_.residentPerConnection = (restingBytes() - before) / static_cast<double>(options_.connections - first);
        }
        sending_ = false;
        speaks_ = true;
        measure(kLongEnough, static_cast<double>(options_.connections));
        finish();
        leave();
    }

private:
    /// All at once, within what is measured.
    Time tick(Time now) override {
        if (speaks_) {
            for (const auto& connection : connections_) send(*connection, 1, now, now);
        }
        speaks_ = false;
        return Echo::tick(now);
    }

    /// The server's memory once it has settled; serves pings meanwhile.
    double restingBytes() {
        std::deque<std::uint64_t> samples;
        auto next = Clock::now();
        const auto end = next + kSettledWithin;
        turnUntil([&] {
            const auto now = Clock::now();
            if (now < next) return false;
            next = now + kSampleEvery;
            samples.push_back(server_->residentBytes());
            if (samples.size() > kSamples) samples.pop_front();
            const auto [least, most] = std::ranges::minmax(samples);
            return (samples.size() == kSamples && most - least <= kSettledBytes) || now > end;
        });
        return static_cast<double>(samples.back());
    }

    bool speaks_ = false;
};

}  // namespace

std::unique_ptr<Crowd> makeIdle(const Options& options) { return std::make_unique<Idle>(options); }

}  // namespace bench
