#include "ServerProcess.hpp"

#include <ctime>
#include <fstream>
#include <stdexcept>
#include <string>

#include <unistd.h>

namespace bench {

namespace {

[[noreturn]] void none(pid_t process) {
    throw std::runtime_error{"there is no process " + std::to_string(process) +
                             " to be measured; --pid is the server's"};
}

}  // namespace

ServerProcess::ServerProcess(pid_t process) : process_{process} { cpuTime(); }

std::chrono::nanoseconds ServerProcess::cpuTime() const {
    clockid_t clock{};
    timespec time{};
    if (::clock_getcpuclockid(process_, &clock) != 0 || ::clock_gettime(clock, &time) != 0) none(process_);
    return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

std::uint64_t ServerProcess::residentBytes() const {
    std::ifstream statm{"/proc/" + std::to_string(process_) + "/statm"};
    std::uint64_t all = 0, resident = 0;
    if (!(statm >> all >> resident)) none(process_);
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace bench
