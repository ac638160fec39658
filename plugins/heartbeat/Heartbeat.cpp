#include "Heartbeat.hpp"

#include "Wheel.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <random>
#include <stdexcept>
#include <thread>

namespace heartbeat {
namespace {

using patchbay::Session;

constexpr std::string_view kPlace = "heartbeat";

/// How exact it is: a fraction of the shorter time.
milliseconds tickOf(const Config& config) {
    return std::clamp(std::min(config.every, config.timeout) / 32, milliseconds{10}, milliseconds{250});
}

/// The wheels of all loops.   Thread: the loops; each sees its own wheel only.
class Beat final : public patchbay::SessionListener {
public:
    explicit Beat(const Config& config) : config_{config} {}

    void opened(const Session& session) override {
        Mine& mine = here();
        const milliseconds part{std::uniform_int_distribution<milliseconds::rep>{0, config_.every.count()}(mine.random)};
        session.setProperty(kPlace, mine.wheel.add(session, config_.every + part));
    }
    void closed(const Session& session, const patchbay::CloseReason&) override {
        if (const auto place = session.property<Wheel::Place>(kPlace)) here().wheel.remove(*place);
    }
    void tick(TimePoint now) {
        here().wheel.turn([&](Watched& watched) { return look(watched, now); });
    }

private:
    struct Mine {
        explicit Mine(milliseconds tick) : wheel{tick} {}
        Wheel wheel;
        std::minstd_rand random{std::random_device{}()};
    };

    /// That of this loop, found by its thread: a thread-local one would keep the library from being unloaded.
    Mine& here() {
        const std::lock_guard guard{lock_};
        return wheels_.try_emplace(std::this_thread::get_id(), tickOf(config_)).first->second;
    }

    /// Returns when to look again.
    milliseconds look(Watched& watched, TimePoint now) const {
        const Session& session = watched.session;
        if (!session.isOpen()) return config_.timeout;  // its end is on its way
        const TimePoint heard = session.lastReceived();
        if (watched.asked && heard == watched.heardBefore) return judge(watched, now);
        watched.asked = false;
        const auto silent = std::chrono::duration_cast<milliseconds>(now - heard);
        if (silent < config_.every) return config_.every - silent;
        watched.asked = true;
        watched.askedAt = now;
        watched.heardBefore = heard;
        ask(session);
        return config_.timeout;
    }

    milliseconds judge(const Watched& watched, TimePoint now) const {
        const auto waited = std::chrono::duration_cast<milliseconds>(now - watched.askedAt);
        if (waited < config_.timeout) return config_.timeout - waited;
        watched.session.closeFor(patchbay::CloseCause::Idle, "no answer to a ping");
        return config_.timeout;
    }

    static void ask(const Session& session) {
        try {
            session.probe();
        } catch (const patchbay::SessionClosed&) {  // it has just gone; closed() takes it out
        }
    }

    const Config config_;
    std::mutex lock_;
    std::map<std::thread::id, Mine> wheels_;
};

void requirePositive(milliseconds time, const char* key) {
    if (time.count() > 0) return;
    throw std::invalid_argument{std::string{key} + " must be longer than nothing; leave the plugin out to have no pings"};
}

}  // namespace

Heartbeat::Heartbeat(Config config) : config_{config} {
    requirePositive(config_.every, "every");
    requirePositive(config_.timeout, "timeout");
}

void Heartbeat::install(patchbay::ServerContainer& server) {
    const auto beat = std::make_shared<Beat>(config_);
    server.addListener(beat);
    server.everyOnEachLoop(tickOf(config_), [beat](TimePoint now) { beat->tick(now); });
}

}  // namespace heartbeat
