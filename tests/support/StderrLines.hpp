#pragma once
// What the process writes to standard error, line by line, as it is written: a test can wait for a line of the log.

#include "support/Journal.hpp"

#include <unistd.h>

#include <string>
#include <string_view>
#include <thread>

namespace patchbay::test {

/// From its construction to its end lines go into a journal, those of the log without their time, and where they would have gone.   Requires: one at a time, and no
/// other capture.
class StderrLines {
public:
    StderrLines() : before_{::dup(STDERR_FILENO)} {
        int ends[2];
        if (before_ < 0 || ::pipe(ends) != 0) throw std::runtime_error{"standard error cannot be read"};
        ::dup2(ends[1], STDERR_FILENO);
        ::close(ends[1]);
        reading_ = std::thread{[this, from = ends[0]] { read(from); }};
    }
    /// Requires: nobody else writes any more, or not for long.
    ~StderrLines() {
        ::dup2(before_, STDERR_FILENO);  // the last who could write into the pipe
        reading_.join();
        ::close(before_);
    }
    StderrLines(const StderrLines&) = delete;
    StderrLines& operator=(const StderrLines&) = delete;

    Journal& journal() noexcept { return journal_; }

private:
    static std::string withoutTime(std::string line) {
        constexpr std::size_t kTime = std::string_view{"2026-11-28T07:24:04.123Z "}.size();
        const bool isTimed = line.size() > kTime && line[10] == 'T' && line[kTime - 2] == 'Z';
        return isTimed ? line.substr(kTime) : line;
    }
    void read(int from) {
        std::string line;
        char some[4096];
        for (ssize_t count = 0; (count = ::read(from, some, sizeof some)) > 0;) {
            [[maybe_unused]] const auto written = ::write(before_, some, static_cast<std::size_t>(count));
            for (ssize_t i = 0; i < count; ++i) {
                if (some[i] != '\n') {
                    line.push_back(some[i]);
                } else {
                    journal_.add(withoutTime(std::exchange(line, {})));
                }
            }
        }
        ::close(from);
    }

    const int before_;
    Journal journal_;
    std::thread reading_;
};

}  // namespace patchbay::test
