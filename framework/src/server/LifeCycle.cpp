#include "server/LifeCycle.hpp"

#include <patchbay/server.hpp>

namespace patchbay::server {

void LifeCycle::beginStart() {
    const std::lock_guard guard{lock_};
    switch (stage_) {
        case Stage::Idle: break;
        case Stage::Starting: throw std::logic_error{"start: somebody else starts this server"};
        case Stage::Serving: throw std::logic_error{"start: this server runs already"};
        case Stage::Stopping: throw std::logic_error{"start: this server is being stopped; wait for stop()"};
        case Stage::Abandoned:
            throw std::logic_error{"start: this server cannot start again: handlers still ran when its last stop() gave up"};
    }
    stage_ = Stage::Starting;
    worker_ = std::this_thread::get_id();
}

void LifeCycle::endStart(Stage stage) {
    const std::lock_guard guard{lock_};
    stage_ = stage;
    changed_.notify_all();
}

std::optional<bool> LifeCycle::beginStop() {
    std::unique_lock guard{lock_};
    if (isAtWork() && worker_ == std::this_thread::get_id()) throw StopFromWithin{};
    changed_.wait(guard, [&] { return stage_ != Stage::Starting; });
    if (stage_ == Stage::Stopping) {
        const std::uint64_t before = stops_;
        changed_.wait(guard, [&] { return stops_ != before; });
        return stage_ != Stage::Abandoned;
    }
    if (stage_ != Stage::Serving) return stage_ == Stage::Idle;
    stage_ = Stage::Stopping;
    worker_ = std::this_thread::get_id();
    return std::nullopt;
}

void LifeCycle::endStop(bool clean) {
    const std::lock_guard guard{lock_};
    stage_ = clean ? Stage::Idle : Stage::Abandoned;
    ++stops_;
    changed_.notify_all();
}

LifeCycle::Stage LifeCycle::stage() const {
    const std::lock_guard guard{lock_};
    return stage_;
}

std::uint64_t LifeCycle::stops() const {
    const std::lock_guard guard{lock_};
    return stops_;
}

}  // namespace patchbay::server
