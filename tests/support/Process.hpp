#pragma once
// A program of the build, run as its users run it: arguments, standard output and error, signals, exit code.

#include "support/RawSocket.hpp"

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace patchbay::test {

/// Killed with its owner when it still runs.   Errors: std::runtime_error for what does not happen within kPatience.
class Process {
public:
    Process(const std::string& program, const std::vector<std::string>& arguments);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    /// Waits until `text` is on its standard output or error; everything that was printed up to then.
    const std::string& waitFor(const std::string& text);
    /// The port in its line "listening on http://…:port".
    std::uint16_t port();
    void signal(int number) const;
    /// The ids of its threads.
    std::vector<pid_t> threads() const;
    void signalThread(pid_t thread, int number) const;
    /// The exit code; 128 and the signal for a process that died of one.
    int wait();
    /// All that it printed; complete after wait().
    const std::string& output() const noexcept { return output_; }

private:
    bool readSome(std::chrono::steady_clock::time_point deadline);

    pid_t id_ = -1;
    Descriptor outputEnd_;
    std::string output_;
};

}  // namespace patchbay::test
