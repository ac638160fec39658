#include "Shrink.hpp"

#include <algorithm>
#include <utility>

namespace patchbay::simulation {
namespace {

constexpr std::size_t kMostRuns = 30'000;

/// The steps at the top, and the end behind them.
std::vector<std::size_t> topOf(const Script& script) {
    std::vector<std::size_t> places;
    for (std::size_t at = 0; at < script.size(); at = behind(script, at)) places.push_back(at);
    places.push_back(script.size());
    return places;
}

/// Those to which a step belongs get so many fewer.
void takeFromOuter(Script& script, std::size_t at, std::size_t count) {
    for (std::size_t outer = 0; outer < at; ++outer) {
        if (behind(script, outer) > at) script[outer].inner = static_cast<std::uint16_t>(script[outer].inner - count);
    }
}

void erase(Script& script, std::size_t first, std::size_t last) {
    script.erase(script.begin() + static_cast<std::ptrdiff_t>(first), script.begin() + static_cast<std::ptrdiff_t>(last));
}

Script without(Script script, std::size_t at) {
    const std::size_t end = behind(script, at);
    takeFromOuter(script, at, end - at);
    erase(script, at, end);
    return script;
}

/// What belongs to the step takes its place.
Script withItsInner(Script script, std::size_t at) {
    takeFromOuter(script, at, 1);
    erase(script, at, at + 1);
    return script;
}

class Shrinking {
public:
    Shrinking(Script script, Fault fault, const Runner& run) : run_{run}, best_{std::move(script), std::move(fault), 0} {}

    Shrunk shrunk() {
        dropWhatFollows();
        dropInChunks();
        for (bool goesOn = true; goesOn;) goesOn = dropOneByOne() || makeSmall();
        return std::move(best_);
    }

private:
    /// Keeps `candidate` when it shows a fault of the same rule.
    bool isAsGood(Script candidate) {
        if (best_.runs >= kMostRuns) return false;
        ++best_.runs;
        auto fault = run_(candidate);
        if (!fault || fault->rule != best_.fault.rule) return false;
        best_.script = std::move(candidate);
        best_.fault = std::move(*fault);
        return true;
    }

    void dropWhatFollows() {
        for (const std::size_t end : topOf(best_.script)) {
            if (end <= best_.fault.step || end == best_.script.size()) continue;
            isAsGood({best_.script.begin(), best_.script.begin() + static_cast<std::ptrdiff_t>(end)});
            return;
        }
    }

    void dropInChunks() {
        for (std::size_t chunk = (topOf(best_.script).size() - 1) / 2; chunk > 1; chunk /= 2) {
            for (std::size_t from = 0; from + 1 < topOf(best_.script).size();) {
                const auto places = topOf(best_.script);
                Script candidate = best_.script;
                erase(candidate, places[from], places[std::min(from + chunk, places.size() - 1)]);
                if (!isAsGood(std::move(candidate))) from += chunk;
            }
        }
    }

    /// From the end, where what goes is needed by nothing.
    bool dropOneByOne() {
        bool some = false;
        for (std::size_t at = best_.script.size(); at-- > 0;) {
            if (at >= best_.script.size()) continue;
            some |= isAsGood(without(best_.script, at)) ||
                    (best_.script[at].inner != 0 && isAsGood(withItsInner(best_.script, at)));
        }
        return some;
    }

    bool makeSmall() {
        bool some = false;
        for (std::size_t at = 0; at < best_.script.size(); ++at) {
            for (std::size_t operand = 0; operand < kMostOperands; ++operand) {
                while (makeSmaller(at, operand)) some = true;
            }
        }
        return some;
    }

    bool makeSmaller(std::size_t at, std::size_t operand) {
        const std::uint16_t value = best_.script[at][operand];
        for (const int smaller : {0, value / 2, value - 1}) {
            if (smaller < 0 || smaller >= value) continue;
            Script candidate = best_.script;
            candidate[at].operands[operand] = static_cast<std::uint16_t>(smaller);
            if (isAsGood(std::move(candidate))) return true;
        }
        return false;
    }

    const Runner& run_;
    Shrunk best_;
};

}  // namespace

Shrunk shrink(Script script, Fault fault, const Runner& run) {
    return Shrinking{std::move(script), std::move(fault), run}.shrunk();
}

}  // namespace patchbay::simulation
