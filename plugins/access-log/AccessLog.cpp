// A line for each session that ends: from where, as whom, for how long, and why. It is also the shortest whole example of a
// plugin: keys of its own, a hook, a thread that begins and ends with it, an entry.

#include "Writer.hpp"

#include <patchbay/plugin.hpp>
#include <patchbay/printable.hpp>

#include <algorithm>
#include <memory>
#include <sstream>

namespace patchbay::access_log {
namespace {

using Clock = std::chrono::steady_clock;

struct AccessLogConfig {
    /// The file that lines are appended to; left out: standard output.
    std::string file = {};
    /// Queries too, which often hold what is nobody's business: names, tokens.
    bool queries = false;
    /// Lines that may wait while the file takes none; those beyond are lost, and their number is written when it takes lines
    /// again.
    std::size_t queue = 10'000;
};

/// Thread: the loops, which never wait for the file.
class Lines final : public SessionListener {
public:
    Lines(std::shared_ptr<Writer> writer, bool queries) : writer_{std::move(writer)}, queries_{queries} {}
    void opened(const Session& session) override { session.setProperty("access-log", Clock::now()); }
    void closed(const Session& session, const CloseReason& reason) override {
        const auto since = session.property<Clock::time_point>("access-log");
        const auto seconds = since ? std::chrono::duration<double>{Clock::now() - *since}.count() : 0;
        std::string uri = session.requestUri();
        if (!queries_) uri.resize(std::min(uri.find('?'), uri.size()));
        std::ostringstream line;
        line << session.remoteAddress() << ' ' << printable(session.displayName()) << ' ' << printable(uri) << ' ' << seconds << "s "
             << static_cast<int>(reason.code()) << ' ' << name(reason.cause()) << '\n';
        writer_->add(std::move(line).str());
    }

private:
    const std::shared_ptr<Writer> writer_;
    const bool queries_;
};

class AccessLog final : public Plugin {
public:
    using Config = AccessLogConfig;
    explicit AccessLog(const Config& config)
        : writer_{std::make_shared<Writer>(config.file, config.queue)}, queries_{config.queries} {}
    /// Not stop(): after that the sessions end, and each is a line.
    ~AccessLog() override { writer_->finish(); }
    void install(ServerContainer& server) override { server.addListener(std::make_shared<Lines>(writer_, queries_)); }
    void start() override { writer_->start(); }

private:
    std::shared_ptr<Writer> writer_;
    const bool queries_;
};

}  // namespace
}  // namespace patchbay::access_log

PATCHBAY_PLUGIN(patchbay::access_log::AccessLog, "access-log")
