// A line for each session that ends: from where, as whom, for how long, and why. It is also the shortest whole example of a
// plugin: keys of its own, a hook, an entry.

#include <patchbay/plugin.hpp>

#include <fstream>
#include <iostream>
#include <mutex>
#include <stdexcept>

namespace {

using Clock = std::chrono::steady_clock;

struct AccessLogConfig {
    /// The file that lines are appended to; left out: standard output.
    std::string file = {};
};

class Lines final : public patchbay::SessionListener {
public:
    explicit Lines(const std::string& file) {
        if (file.empty()) return;
        file_.open(file, std::ios::app);
        if (!file_) throw std::invalid_argument{"file: \"" + file + "\" cannot be written"};
    }
    void opened(const patchbay::Session& session) override { session.setProperty("access-log", Clock::now()); }
    void closed(const patchbay::Session& session, const patchbay::CloseReason& reason) override {
        const auto since = session.property<Clock::time_point>("access-log");
        const auto seconds = since ? std::chrono::duration<double>{Clock::now() - *since}.count() : 0;
        const std::lock_guard guard{lock_};
        (file_.is_open() ? static_cast<std::ostream&>(file_) : std::cout)
            << session.remoteAddress() << ' ' << session.displayName() << ' ' << session.requestUri() << ' ' << seconds << "s "
            << static_cast<int>(reason.code()) << ' ' << name(reason.cause()) << std::endl;
    }

private:
    std::mutex lock_;
    std::ofstream file_;
};

class AccessLog final : public patchbay::Plugin {
public:
    using Config = AccessLogConfig;
    explicit AccessLog(const Config& config) : lines_{std::make_shared<Lines>(config.file)} {}
    void install(patchbay::ServerContainer& server) override { server.addListener(lines_); }

private:
    std::shared_ptr<Lines> lines_;
};

}  // namespace

PATCHBAY_PLUGIN(AccessLog, "access-log")
