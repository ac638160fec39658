#include "Heartbeat.hpp"

#include <algorithm>
#include <random>
#include <stdexcept>

namespace heartbeat {
namespace {

using patchbay::Session;
using std::chrono::milliseconds;

milliseconds partOf(milliseconds whole) {
    static thread_local std::minstd_rand random{std::random_device{}()};  // has no destructor that would keep the library
    return milliseconds{std::uniform_int_distribution<milliseconds::rep>{0, whole.count()}(random)};
}

void look(const Session& session, const Config& config);

void lookAfter(milliseconds time, const Session& session, const Config& config) {
    session.after(std::max(time, milliseconds{1}), [session, config] { look(session, config); });
}

void judge(const Session& session, const Config& config) {
    if (session.silence() > config.timeout) {  // nothing has come since the ping
        session.closeFor(patchbay::CloseCause::Idle, "no answer to a ping");
    } else {
        lookAfter(config.every - session.silence(), session, config);
    }
}

void look(const Session& session, const Config& config) {
    const milliseconds silence = session.silence();
    if (silence < config.every) return lookAfter(config.every - silence, session, config);
    session.probe();
    session.after(config.timeout, [session, config] { judge(session, config); });
}

class Listener final : public patchbay::SessionListener {
public:
    explicit Listener(const Config& config) : config_{config} {}
    void opened(const Session& session) override { lookAfter(partOf(config_.every), session, config_); }
    void closed(const Session&, const patchbay::CloseReason&) override {}

private:
    const Config config_;
};

void requirePositive(milliseconds time, const char* key) {
    if (time.count() <= 0) throw std::invalid_argument{std::string{key} + " must be longer than nothing; leave the plugin out to have no pings"};
}

}  // namespace

Heartbeat::Heartbeat(Config config) : config_{config} {
    requirePositive(config_.every, "every");
    requirePositive(config_.timeout, "timeout");
}

void Heartbeat::install(patchbay::ServerContainer& server) { server.addListener(std::make_shared<Listener>(config_)); }

}  // namespace heartbeat
