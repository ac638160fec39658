#include "hosting/Signals.hpp"

#include <fcntl.h>
#include <semaphore.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <string_view>

namespace patchbay::hosting {
namespace {

std::atomic<bool> taken{false};  // a signal that asks to stop has been seen
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may touch no other");

sem_t& arrived() noexcept {
    static sem_t semaphore;
    static const int ready = ::sem_init(&semaphore, 0, 0);
    static_cast<void>(ready);
    return semaphore;
}

sem_t* waiting = nullptr;  // arrived(), for the handler, which may run no first-time initialisation

void onHangUp(int) {
    const int error = errno;
    ::sem_post(waiting);
    errno = error;
}

/// Of this process, to be stopped and started from.
bool hasTerminal() noexcept {
    const int terminal = ::open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (terminal >= 0) ::close(terminal);
    return terminal >= 0;
}

bool hadTerminal = false;

void handle(int signal, void (*handler)(int)) noexcept {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(signal, &action, nullptr);
}

/// May call only what POSIX lists as safe in a signal handler.
void onSignal(int signal) {
    const int error = errno;
    if (taken.exchange(true)) {
        constexpr std::string_view kWords = "second signal: exiting at once\n";
        [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, kWords.data(), kWords.size());
        ::_exit(128 + signal);
    }
    ::sem_post(waiting);
    errno = error;
}

}  // namespace

void catchSignals() noexcept {
    waiting = &arrived();
    while (::sem_trywait(waiting) == 0) continue;
    taken.store(false);
    hadTerminal = hasTerminal();
    handle(SIGINT, &onSignal);
    handle(SIGTERM, &onSignal);
    handle(SIGHUP, &onHangUp);
    std::signal(SIGPIPE, SIG_IGN);
}

Asked waitForSignal() noexcept {
    while (::sem_wait(&arrived()) != 0) continue;  // another signal of the application's
    const bool abandoned = hadTerminal && !hasTerminal();
    return taken.load() || abandoned ? Asked::Stop : Asked::Reload;
}

}  // namespace patchbay::hosting
