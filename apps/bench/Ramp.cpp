// Echo at a rate, at twice that, and so on, until the server no longer keeps up: too few messages are answered, or too
// late, or a second's worth of them is on the way.

#include "Echo.hpp"
#include "Modes.hpp"

#include <algorithm>

namespace bench {

namespace {

constexpr double kAnsweredShare = 0.95;
constexpr double kLeastBehind = 1000;  // messages; a low rate may wait for more than a second's worth

class Ramp final : public Echo {
public:
    using Echo::Echo;

    void run() override {
        open(options_.connections);
        Result best;
        double rate = options_.rate;
        while (!isStopped() && keepsUp(rate)) {
            result_.steps.back().keptUp = true;
            best = result_;
            rate *= 2;
        }
        if (best.messages != 0) {
            best.steps = result_.steps;
            result_ = best;
        }
        leave();
    }

private:
    bool keepsUp(double rate) {
        reset();
        sending_ = true;
        mostOutstanding_ = static_cast<std::uint64_t>(std::max(rate, kLeastBehind));
        schedule(rate);
        warmUpAndMeasure();
        const bool behind = outstanding() >= mostOutstanding_;
        finish();
        if (isStopped()) return false;
        const auto& latency = result_.latency;
        result_.steps.push_back({.rate = rate,
                                 .answered = result_.perSecond(),
                                 .p50 = latency.percentile(0.5),
                                 .p99 = latency.percentile(0.99),
                                 .max = latency.max(),
                                 .keptUp = false});
        const std::chrono::duration<double, std::milli> late = latency.percentile(0.99);
        return !behind && result_.perSecond() >= kAnsweredShare * rate &&
               (options_.mostMs == 0 || late.count() <= options_.mostMs);
    }
};

}  // namespace

std::unique_ptr<Crowd> makeRamp(const Options& options) { return std::make_unique<Ramp>(options); }

}  // namespace bench
