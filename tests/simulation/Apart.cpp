#include "Apart.hpp"

#include "Simulation.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>

// A sanitizer ends the process itself, and first calls this.
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());  // NOLINT(bugprone-reserved-identifier)

namespace patchbay::simulation {
namespace {

constexpr unsigned kPatience = 20;  // seconds

std::atomic<std::uint64_t> watchedSeed{0};

void tellSeed() {
    std::array<char, 80> line;
    const int length = std::snprintf(line.data(), line.size(), "simulation: seed %llu crashes, or never ends\n",
                                     static_cast<unsigned long long>(watchedSeed.load()));
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), static_cast<std::size_t>(length));
}

void tellSeedAndEnd(int signal) {
    tellSeed();
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

/// Once in a process.
bool watch() {
    if (__sanitizer_set_death_callback) {
        __sanitizer_set_death_callback(&tellSeed);
    } else {
        for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL}) std::signal(signal, &tellSeedAndEnd);
    }
    std::signal(SIGALRM, &tellSeedAndEnd);
    return true;
}

/// What a child writes of its fault; the text comes behind it.
struct Told {
    Rule rule;
    std::size_t step;
    std::size_t length;
};

[[noreturn]] void runAndTell(std::span<const Step> script, int to) {
    for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGALRM}) std::signal(signal, SIG_DFL);
    ::alarm(kPatience);
    const auto fault = run(script).fault;
    if (fault) {
        const Told told{fault->rule, fault->step, fault->text.size()};
        [[maybe_unused]] auto written = ::write(to, &told, sizeof told);
        written = ::write(to, fault->text.data(), fault->text.size());
    }
    ::_exit(0);
}

std::optional<Fault> readFrom(int from) {
    Told told{};
    if (::read(from, &told, sizeof told) != sizeof told) return std::nullopt;
    std::string text(told.length, '\0');
    for (std::size_t have = 0; have < text.size();) {
        const auto got = ::read(from, text.data() + have, text.size() - have);
        if (got <= 0) break;
        have += static_cast<std::size_t>(got);
    }
    return Fault{told.rule, std::move(text), told.step};
}

}  // namespace

std::optional<Fault> runApart(std::span<const Step> script) {
    std::array<int, 2> pipe{};
    if (::pipe(pipe.data()) != 0) return Fault{Rule::Crash, "there is no pipe", script.size()};
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(pipe[0]);
        runAndTell(script, pipe[1]);
    }
    ::close(pipe[1]);
    auto fault = readFrom(pipe[0]);
    ::close(pipe[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (!fault && (!WIFEXITED(status) || WEXITSTATUS(status) != 0)) {
        const std::string why = !WIFSIGNALED(status) ? "a sanitizer has ended it" : WTERMSIG(status) == SIGALRM ? "it never ends" : ::strsignal(WTERMSIG(status));
        fault = Fault{Rule::Crash, why, script.size()};
    }
    return fault;
}

Watched::Watched(std::uint64_t seed) noexcept {
    [[maybe_unused]] static const bool watching = watch();
    watchedSeed.store(seed);
    ::alarm(kPatience);
}

Watched::~Watched() { ::alarm(0); }

}  // namespace patchbay::simulation
