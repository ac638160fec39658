#pragma once
// What the process of a server on this machine has used: CPU time and memory.

#include <chrono>
#include <cstdint>

#include <sys/types.h>

namespace bench {

class ServerProcess {
public:
    /// Errors: std::runtime_error when there is no such process.
    explicit ServerProcess(pid_t process);

    /// User and system time of all threads, those that have ended included.   Errors: as above, once it has ended.
    std::chrono::nanoseconds cpuTime() const;
    /// Bytes of resident memory.   Errors: likewise.
    std::uint64_t residentBytes() const;

private:
    pid_t process_;
};

}  // namespace bench
