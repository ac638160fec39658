#include "hosting/Signals.hpp"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <ctime>

namespace patchbay::hosting {
namespace {

std::atomic<bool> taken{false};  // the first signal has been seen

sigset_t ours() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

}  // namespace

void blockSignals() {
    const sigset_t set = ours();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

void waitForSignal() {
    const sigset_t set = ours();
    int signal = 0;
    while (sigwait(&set, &signal) != 0) {
    }
    taken.store(true);
}

bool secondSignal() {
    if (!taken.load()) return false;
    const sigset_t set = ours();
    const timespec now{};
    const int signal = sigtimedwait(&set, nullptr, &now);
    if (signal <= 0) return false;
    static constexpr char kWords[] = "second signal: exiting at once\n";
    [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, kWords, std::strlen(kWords));
    _exit(128 + signal);
}

}  // namespace patchbay::hosting
