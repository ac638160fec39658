// patchbay-bench: measures a WebSocket server. README.md has the modes and how to read what they tell.

#include "Modes.hpp"

#include <csignal>
#include <cstdio>
#include <exception>
#include <span>
#include <stdexcept>

#include <sys/prctl.h>
#include <unistd.h>

namespace {

constexpr int kFailed = 1, kWrongUsage = 2;

/// The first Ctrl-C ends the measurement, a second one the program.
void listenToSignals() {
    struct sigaction stop {};
    stop.sa_handler = [](int) { bench::Crowd::stop(); };
    stop.sa_flags = static_cast<int>(SA_RESETHAND);
    for (const int signal : {SIGINT, SIGTERM}) ::sigaction(signal, &stop, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
}

void print(const bench::Options& options, const bench::Result& result) {
    if (::isatty(STDERR_FILENO) == 1) std::fputs("\r\033[K", stderr);
    std::fputs((options.json ? bench::asJson(options, result) : bench::asTable(options, result)).c_str(), stdout);
    std::fflush(stdout);
}

std::unique_ptr<bench::Crowd> makeMode(const bench::Options& options) {
    using bench::Mode;
    switch (options.mode) {
        case Mode::Fanout:
        case Mode::Slow:
            return bench::makeFanout(options);
        case Mode::Storm:
            return bench::makeStorm(options);
        case Mode::Idle:
            return bench::makeIdle(options);
        case Mode::Ramp:
            return bench::makeRamp(options);
        default:
            return bench::makeEcho(options);
    }
}

int run(const bench::Options& options) {
    std::unique_ptr<bench::Crowd> mode;
    try {
        mode = makeMode(options);
        mode->run();
        print(options, mode->result());
        return 0;
    } catch (const std::exception& error) {
        if (mode != nullptr && mode->failed().messages != 0) print(options, mode->result());
        std::fprintf(stderr, "%spatchbay-bench: %s\n", ::isatty(STDERR_FILENO) == 1 ? "\r\033[K" : "", error.what());
        return kFailed;
    }
}

}  // namespace

int main(int argc, char** argv) try {
    listenToSignals();
    ::prctl(PR_SET_TIMERSLACK, 1);  // ns; a rate is kept to the microsecond
    if (argc < 2) {
        std::fputs(bench::kUsage, stderr);
        return kWrongUsage;
    }
    return run(bench::readOptions(std::span{argv, static_cast<std::size_t>(argc)}.subspan(1)));
} catch (const std::invalid_argument& wrong) {
    std::fprintf(stderr, "patchbay-bench: %s\n\n%s", wrong.what(), bench::kUsage);
    return kWrongUsage;
}
