#include "hostile/Victim.hpp"

#include <sys/resource.h>
#include <time.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace patchbay::test {
namespace {

constexpr const char* kProgram = PATCHBAY_HOSTILE_SERVER;

/// The number behind `name` in a file of lines "Name: number".
std::size_t field(const std::string& file, const std::string& name) {
    std::ifstream lines{file};
    for (std::string word; lines >> word;) {
        std::size_t value = 0;
        if (word == name && lines >> value) return value;
    }
    throw std::runtime_error{file + " has no " + name};
}

std::size_t entries(const std::string& folder) {
    const std::filesystem::directory_iterator begin{folder};
    return static_cast<std::size_t>(std::distance(begin, std::filesystem::directory_iterator{}));
}

}  // namespace

std::size_t raiseOpenFiles() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

Victim::Victim(const Options& options) {
    const std::string run = "exec \"$0\" \"$@\" 2>'" + folder_.path() + "/log'";
    std::vector<std::string> words{"-c", run, kProgram, "--port", "0", "--loops", std::to_string(options.loops)};
    if (options.openFiles != 0) words[1] = "ulimit -n " + std::to_string(options.openFiles) + "; " + words[1];
    if (options.addressSpace != 0) words[1] = "ulimit -v " + std::to_string(options.addressSpace / 1024) + "; " + words[1];
    const std::string server = options.server.empty() ? "" : "server:\n" + options.server;
    const std::string plugins = options.plugins.empty() ? "" : "plugins: " + options.plugins + "\n";
    words.insert(words.end(), {"--config", folder_.write("server.yaml", server + "limits:\n" + (options.config.empty() ? "  idleTimeout: 60s\n" : options.config) + plugins)});
    if (options.tls) {
        certificate_.emplace();
        words.insert(words.end(), {"--tls", certificate_->file(), certificate_->keyFile()});
    }
    process_.emplace("/bin/sh", words);
    const std::string said = process_->waitFor("ready\n") + log();
    const std::size_t line = said.find("listening on ");
    const std::size_t colon = said.rfind(':', said.find('\n', line));
    port_ = static_cast<std::uint16_t>(std::stoul(said.substr(colon + 1)));
    const std::string thread = std::to_string(process_->threads().front());
    id_ = static_cast<pid_t>(field("/proc/" + thread + "/status", "Tgid:"));
    proc_ = "/proc/" + std::to_string(id_);
}

std::string Victim::log() const {
    std::ifstream file{folder_.path() + "/log"};
    return {std::istreambuf_iterator<char>{file}, {}};
}

void Victim::limitAddressSpace(std::size_t more) const {
    rlimit limit{};
    if (::prlimit(id_, RLIMIT_AS, nullptr, &limit) != 0) throw std::runtime_error{"the server has gone"};
    limit.rlim_cur = field(proc_ + "/status", "VmSize:") * 1024 + more;
    ::prlimit(id_, RLIMIT_AS, &limit, nullptr);
}

std::size_t Victim::residentBytes() const { return field(proc_ + "/status", "RssAnon:") * 1024; }
std::size_t Victim::threads() const { return field(proc_ + "/status", "Threads:"); }
std::size_t Victim::descriptors() const { return entries(proc_ + "/fd"); }

std::chrono::nanoseconds Victim::cpuTime() const {
    clockid_t clock{};
    timespec used{};
    if (::clock_getcpuclockid(id_, &clock) != 0 || ::clock_gettime(clock, &used) != 0) throw std::runtime_error{"the server has gone"};
    return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
}

HttpAnswer Victim::get(const std::string& path) const {
    RawSocket socket{port_, socketOptions()};
    socket.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    return socket.readAnswer();
}

HttpAnswer Victim::hello() const { return get("/hello"); }

Victim::Counts Victim::counts() const {
    Counts counts;
    std::istringstream{get("/counts").body} >> counts.sessions >> counts.fellToFullQueue;
    return counts;
}

bool Victim::echoes() const {
    RawWebSocket socket{port_, "/echo", {}, socketOptions()};
    socket.text("still there?");
    return socket.nextText() == "still there?";
}

}  // namespace patchbay::test
