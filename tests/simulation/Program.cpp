// The simulation by hand and in the suites.
//
//     simulation --seeds FIRST COUNT [--jobs N]    runs so many; the first that shows a fault is shrunk and printed
//     simulation --seed N [--lines]                runs one; --lines tells everything that happens
//     simulation --print N                         the script of a seed
//     simulation --replay FILE [--lines]           runs a script
//     simulation --shrink FILE                     shortens a script that shows a fault
//
// It ends with 0 where nothing was found.

#include "Apart.hpp"
#include "Draw.hpp"
#include "Shrink.hpp"
#include "Simulation.hpp"

#include "base/Log.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace patchbay::simulation {
namespace {

/// So many times more seeds where PATCHBAY_LONG is in the environment.
constexpr std::uint64_t kLong = 200;
/// The result of a process that has found something.
constexpr int kFound = 42;

struct Words {
    std::vector<std::string> all;
    std::size_t next = 0;

    bool take(std::string_view word) {
        if (next >= all.size() || all[next] != word) return false;
        ++next;
        return true;
    }
    const std::string& text() {
        if (next == all.size()) throw std::invalid_argument{"something is missing behind " + all.back()};
        return all[next++];
    }
    std::uint64_t number() {
        const std::string& word = text();
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
        if (error != std::errc{} || end != word.data() + word.size()) throw std::invalid_argument{word + " is no number"};
        return value;
    }
};

Script fileAt(const std::string& path) {
    std::ifstream file{path};
    if (!file) throw std::invalid_argument{path + " cannot be read"};
    std::ostringstream text;
    text << file.rdbuf();
    return scriptOf(text.str());
}

void tell(const Fault& fault, std::span<const Step> script) {
    std::cout << name(fault.rule) << ": " << fault.text;
    if (fault.step < script.size())
        std::cout << " (step " << fault.step << ", " << formOf(script[fault.step].op).name << ')';
    std::cout << '\n';
}

int tellShrunk(const Script& script, const Fault& fault) {
    const Shrunk shrunk = shrink(script, fault, runApart);
    std::cout << "# " << script.size() << " steps are " << shrunk.script.size() << " after " << shrunk.runs
              << " runs; --replay runs them again\n# ";
    tell(shrunk.fault, shrunk.script);
    std::cout << textOf(shrunk.script) << std::flush;
    return 1;
}

int runOne(const Script& script, bool lines) {
    const Outcome outcome = run(script, {.lines = lines ? stdout : nullptr});
    std::cout << outcome.counts.steps << " steps, " << outcome.counts.sessions << " sessions, " << outcome.counts.faults
              << " faults were done; trace " << std::hex << outcome.trace << std::dec << '\n';
    if (!outcome.fault) return 0;
    tell(*outcome.fault, script);
    return 1;
}

/// Of each seed; a seed that has less shows less than it says. Some steps are done by handlers that never run.
bool isEnough(const Outcome::Counts& counts) {
    return counts.steps >= kFewestSteps / 2 && counts.sessions >= kFewestSessions && counts.topics >= kFewestTopics &&
           counts.threads >= kFewestThreads && counts.faults >= kFewestFaults;
}

struct Seeds {
    std::uint64_t first, count;
};

int runSeeds(Seeds seeds, std::atomic<std::uint64_t>& at) {
    const auto [first, count] = seeds;
    Outcome::Counts all;
    for (std::uint64_t seed = first; seed != first + count; ++seed) {
        at.store(seed, std::memory_order_relaxed);
        stillAlive();
        const Script script = draw(seed);
        const Outcome outcome = run(script);
        if (outcome.fault) return kFound;
        if (!isEnough(outcome.counts)) {
            std::cout << "seed " << seed << " has too little: " << outcome.counts.steps << " steps, "
                      << outcome.counts.sessions << " sessions, " << outcome.counts.topics << " topics, "
                      << outcome.counts.threads << " threads, " << outcome.counts.faults << " faults\n";
            return 1;
        }
        all.steps += outcome.counts.steps;
        all.sessions += outcome.counts.sessions;
        all.faults += outcome.counts.faults;
    }
    const double seconds = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
    std::cout << count << " seeds from " << first << ": " << all.steps << " steps, " << all.sessions << " sessions, "
              << all.faults << " faults done, nothing found; " << seconds << " s of one core, "
              << static_cast<std::uint64_t>(static_cast<double>(count) / seconds) << " seeds each" << std::endl;
    return 0;
}

/// What does not end of its own is found by those who wait for it.
int superviseSeeds(Seeds seeds) {
    std::atomic<std::uint64_t>& at = sharedNumber();
    const Ended ended = Process{[&] { return runSeeds(seeds, at); }}.wait();
    if (ended.crash.empty() && ended.code != kFound) return ended.code;
    const Script script = draw(at.load());
    const auto fault = runApart(script);
    std::cout << "seed " << at.load() << ": ";
    if (!fault) return std::cout << ended.crash << ", but not when it is run alone\n", 1;
    tell(*fault, script);
    return tellShrunk(script, *fault);
}

int runSeedsOn(std::uint64_t jobs, Seeds seeds) {
    const std::uint64_t share = (seeds.count + jobs - 1) / jobs;
    std::vector<Process> all;
    for (std::uint64_t from = 0; from < seeds.count; from += share) {
        all.emplace_back([=] { return superviseSeeds({seeds.first + from, std::min(share, seeds.count - from)}); });
    }
    int result = 0;
    for (const Process& one : all) result |= one.wait().code;
    return result;
}

int obey(Words words) {
    if (words.take("--seeds")) {
        const std::uint64_t first = words.number(), count = words.number() * (std::getenv("PATCHBAY_LONG") ? kLong : 1);
        return runSeedsOn(words.take("--jobs") ? std::max<std::uint64_t>(words.number(), 1) : 1, {first, count});
    }
    if (words.take("--seed")) {
        const Script script = draw(words.number());
        return runOne(script, words.take("--lines"));
    }
    if (words.take("--print")) return std::cout << textOf(draw(words.number())) << std::flush, 0;
    if (words.take("--replay")) {
        const Script script = fileAt(words.text());
        return runOne(script, words.take("--lines"));
    }
    if (words.take("--shrink")) {
        const Script script = fileAt(words.text());
        const auto fault = runApart(script);
        if (!fault) return std::cout << "this script shows no fault\n", 0;
        return tellShrunk(script, *fault);
    }
    throw std::invalid_argument{
        "--seeds FIRST COUNT [--jobs N], --seed N [--lines], --print N, --replay FILE [--lines] or --shrink FILE"};
}

}  // namespace
}  // namespace patchbay::simulation

int main(int count, char** words) {
    patchbay::log::redirect([](patchbay::log::Level, std::string_view, std::string_view) {});
    try {
        return patchbay::simulation::obey({{words + 1, words + count}});
    } catch (const std::exception& error) {
        std::cerr << "simulation: " << error.what() << '\n';
        return 2;
    }
}
