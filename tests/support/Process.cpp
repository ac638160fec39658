#include "support/Process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <stdexcept>

extern char** environ;

namespace patchbay::test {

Process::Process(const std::string& program, const std::vector<std::string>& arguments) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error{"no pipe"};
    outputEnd_ = Descriptor{ends[0]};
    const Descriptor theirs{ends[1]};

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, theirs.get(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, theirs.get(), STDERR_FILENO);
    // Whatever this process has blocked, the child is to get its signals.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);

    std::vector<char*> words{const_cast<char*>(program.c_str())};
    for (const auto& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    const int error = ::posix_spawn(&id_, program.c_str(), &actions, &attributes, words.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (error != 0) throw std::runtime_error{"cannot start " + program + ": " + std::strerror(error)};
}

Process::~Process() {
    if (id_ < 0) return;
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
}

/// False at the end of its output.
bool Process::readSome(std::chrono::steady_clock::time_point deadline) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd waiting{outputEnd_.get(), POLLIN, 0};
    if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) {
        throw std::runtime_error{"the process did not get on; it printed:\n" + output_};
    }
    std::array<char, 4096> some;
    const auto count = ::read(outputEnd_.get(), some.data(), some.size());
    if (count <= 0) return false;
    output_.append(some.data(), static_cast<std::size_t>(count));
    return true;
}

const std::string& Process::waitFor(const std::string& text) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (output_.find(text) == std::string::npos) {
        if (!readSome(deadline)) throw std::runtime_error{"it ended without '" + text + "'; it printed:\n" + output_};
    }
    return output_;
}

std::uint16_t Process::port() {
    static const std::string kLine = "listening on http://";
    const std::size_t line = waitFor(kLine).find(kLine) + kLine.size();
    while (output_.find('\n', line) == std::string::npos) readSome(std::chrono::steady_clock::now() + kPatience);
    const std::size_t colon = output_.rfind(':', output_.find('\n', line));
    return static_cast<std::uint16_t>(std::stoul(output_.substr(colon + 1)));
}

void Process::signal(int number) const { ::kill(id_, number); }

std::vector<pid_t> Process::threads() const {
    std::vector<pid_t> ids;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc/" + std::to_string(id_) + "/task"}) {
        ids.push_back(std::stoi(entry.path().filename()));
    }
    std::sort(ids.begin(), ids.end());
    return ids;
}

void Process::signalThread(pid_t thread, int number) const { ::syscall(SYS_tgkill, id_, thread, number); }

int Process::wait() {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (readSome(deadline)) {
    }
    int status = 0;
    ::waitpid(id_, &status, 0);
    id_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace patchbay::test
