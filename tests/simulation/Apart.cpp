#include "Apart.hpp"

#include "Simulation.hpp"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <new>
#include <string>
#include <system_error>

namespace patchbay::simulation {
namespace {

constexpr unsigned kPatience = 20;    // seconds
constexpr rlim_t kMostProcessor = 2;  // likewise, of one script: it needs some milliseconds

/// What a process writes of its fault; the text comes behind it.
struct Told {
    Rule rule;
    std::size_t step;
    std::size_t length;
};

void tell(const Fault& fault, int to) {
    const Told told{fault.rule, fault.step, fault.text.size()};
    [[maybe_unused]] auto written = ::write(to, &told, sizeof told);
    written = ::write(to, fault.text.data(), fault.text.size());
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

Process::Process(const std::function<int()>& work) {
    std::cout << std::flush;
    id_ = ::fork();
    if (id_ < 0) throw std::system_error{errno, std::system_category(), "no other process can be started"};
    if (id_ == 0) std::exit(work());
}

Ended Process::wait() const {
    int status = 0;
    ::waitpid(id_, &status, 0);
    if (WIFEXITED(status)) return {WEXITSTATUS(status), {}};
    return {1, WTERMSIG(status) == SIGALRM || WTERMSIG(status) == SIGXCPU ? "it never ends" : ::strsignal(WTERMSIG(status))};
}

void stillAlive() noexcept { ::alarm(kPatience); }

std::atomic<std::uint64_t>& sharedNumber() {
    void* const page =
        ::mmap(nullptr, sizeof(std::atomic<std::uint64_t>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) throw std::system_error{errno, std::system_category(), "no memory to share"};
    return *new (page) std::atomic<std::uint64_t>{0};
}

std::optional<Fault> runApart(std::span<const Step> script) {
    std::array<int, 2> pipe{};
    if (::pipe(pipe.data()) != 0) throw std::system_error{errno, std::system_category(), "no pipe"};
    const Process process{[&] {
        ::close(pipe[0]);
        const rlimit most{kMostProcessor, kMostProcessor + 1};
        ::setrlimit(RLIMIT_CPU, &most);
        if (const auto fault = run(script).fault) tell(*fault, pipe[1]);
        ::_exit(0);
        return 0;
    }};
    ::close(pipe[1]);
    auto fault = readFrom(pipe[0]);
    ::close(pipe[0]);
    const Ended ended = process.wait();
    if (fault || (ended.code == 0 && ended.crash.empty())) return fault;
    return Fault{Rule::Crash, std::string{ended.crash.empty() ? "a sanitizer has ended it" : ended.crash}, script.size()};
}

}  // namespace patchbay::simulation
