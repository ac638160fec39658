#include "server/Signals.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <mutex>
#include <string_view>

namespace patchbay::server {
namespace {

// When a signal asked to stop, in nanoseconds of the monotonic clock; 0: none has.
std::atomic<std::int64_t> asked{0};
static_assert(std::atomic<std::int64_t>::is_always_lock_free && std::atomic<bool>::is_always_lock_free && std::atomic<WakeUp*>::is_always_lock_free,
              "a signal handler may touch no other");

/// Guards what follows and the list of WakeUps; no signal handler takes it.
std::mutex& lock() {
    static std::mutex mutex;
    return mutex;
}
int catching = 0;
bool hadTerminal = false;

constexpr std::array<int, 3> kSignals{SIGINT, SIGTERM, SIGHUP};
std::array<struct sigaction, 3> before{};

void handle(std::size_t which, void (*handler)(int)) noexcept {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(kSignals[which], &action, &before[which]);
}

/// Of this process, to be stopped and started from.
bool hasTerminal() noexcept {
    const int terminal = ::open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (terminal >= 0) ::close(terminal);
    return terminal >= 0;
}

}  // namespace

std::atomic<WakeUp*> WakeUp::first_{nullptr};

WakeUp::WakeUp() noexcept { ::sem_init(&woken_, 0, 0); }

WakeUp& WakeUp::take() {
    const std::lock_guard guard{lock()};
    for (WakeUp* one = first_.load(); one; one = one->next_) {
        if (one->taken_.exchange(true)) continue;
        while (::sem_trywait(&one->woken_) == 0) continue;
        return *one;
    }
    auto* const fresh = new WakeUp;
    fresh->next_ = first_.load();
    first_.store(fresh);
    return *fresh;
}

void WakeUp::giveBack() noexcept { taken_.store(false); }

void WakeUp::wake() noexcept { ::sem_post(&woken_); }

void WakeUp::wait() noexcept {
    while (::sem_wait(&woken_) != 0) continue;  // another signal of the application's
}

// ------------------------------------------------------------------------------------------------ signal handlers
// They may call only what POSIX lists as safe in one.

void WakeUp::tellAll(std::atomic<bool> WakeUp::*what) noexcept {
    const int error = errno;
    for (WakeUp* one = first_.load(); one; one = one->next_) {
        if (!one->catches_.load()) continue;
        (one->*what).store(true);
        one->wake();
    }
    errno = error;
}

void WakeUp::onHangUp(int) { tellAll(&WakeUp::reload_); }

/// A supervisor that tells a whole group, and its launcher that passes it on, have said one thing.
bool isTheSame(int signal, std::int64_t before, std::int64_t now) noexcept {
    constexpr std::int64_t kSecond = 1'000'000'000;
    return signal == SIGTERM && now - before < kSecond;
}

void WakeUp::onStop(int signal) {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    const std::int64_t now = std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
    std::int64_t before = 0;
    if (!asked.compare_exchange_strong(before, now)) {
        if (isTheSame(signal, before, now)) return;
        constexpr std::string_view kWords = "second signal: exiting at once\n";
        [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, kWords.data(), kWords.size());
        ::_exit(128 + signal);
    }
    tellAll(&WakeUp::stop_);
}

// ------------------------------------------------------------------------------------------------ those who catch them

CaughtSignals::CaughtSignals(WakeUp& wakeUp) : wakeUp_{wakeUp} {
    const std::lock_guard guard{lock()};
    wakeUp_.stop_.store(false);
    wakeUp_.reload_.store(false);
    wakeUp_.catches_.store(true);
    if (catching++ > 0) return;
    asked.store(0);
    hadTerminal = hasTerminal();
    handle(0, &WakeUp::onStop);
    handle(1, &WakeUp::onStop);
    handle(2, &WakeUp::onHangUp);
    std::signal(SIGPIPE, SIG_IGN);
}

CaughtSignals::~CaughtSignals() {
    const std::lock_guard guard{lock()};
    wakeUp_.catches_.store(false);
    if (--catching > 0) return;
    for (std::size_t which = 0; which < kSignals.size(); ++which) ::sigaction(kSignals[which], &before[which], nullptr);
}

bool CaughtSignals::askForStop() noexcept {
    if (wakeUp_.stop_.load()) return true;
    return wakeUp_.reload_.load() && hadTerminal && !hasTerminal();
}

bool CaughtSignals::askForReload() noexcept { return wakeUp_.reload_.exchange(false); }

}  // namespace patchbay::server
