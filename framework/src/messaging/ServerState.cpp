#include "messaging/ServerState.hpp"

#include "messaging/History.hpp"

#include <algorithm>
#include <random>
#include <utility>

namespace patchbay::messaging {
namespace {

/// 52 bits, so that a client in JavaScript may keep it as a number; the low ones count.
std::uint64_t randomEpoch() {
    std::random_device random;
    return ((std::uint64_t{random()} << 32) | random()) & 0xF'FFFF'FFF0'0000;
}

}  // namespace

MessageHooks::List MessageHooks::list() const {
    const std::lock_guard guard{lock_};
    return list_;
}

void MessageHooks::add(Hook<MessageInterceptor> hook) {
    const std::lock_guard guard{lock_};
    auto more = std::make_shared<Hooks<MessageInterceptor>>(*list_);
    more->push_back(std::move(hook));
    list_ = std::move(more);
    some_.store(true, std::memory_order_release);
}

void MessageHooks::clear() noexcept {
    auto gone = std::make_shared<const Hooks<MessageInterceptor>>();
    const std::lock_guard guard{lock_};
    some_.store(false, std::memory_order_release);
    list_.swap(gone);
}

ServerState::ServerState(std::vector<std::shared_ptr<Loop>> theLoops) : loops{std::move(theLoops)}, history{std::make_shared<History>(loops.front())}, links(loops.size()), lastEpoch_{randomEpoch()} {}

std::size_t ServerState::chooseLoop() noexcept {
    const Loop* const here = Loop::here();
    const auto found = std::ranges::find_if(loops, [here](const auto& loop) { return loop.get() == here; });
    if (found != loops.end()) return static_cast<std::size_t>(found - loops.begin());
    return nextLoop_.fetch_add(1, std::memory_order_relaxed) % loops.size();
}

std::vector<std::shared_ptr<DeployedEndpoint>> ServerState::endpoints() const {
    std::vector<std::shared_ptr<DeployedEndpoint>> all;
    const std::lock_guard guard{lock_};
    for (const auto& each : endpoints_) {
        if (auto endpoint = each.lock()) all.push_back(std::move(endpoint));
    }
    return all;
}

void ServerState::add(const std::shared_ptr<DeployedEndpoint>& endpoint) {
    const std::lock_guard guard{lock_};
    std::erase_if(endpoints_, [](const auto& each) { return each.expired(); });
    endpoints_.push_back(endpoint);
}

void ServerState::retire() noexcept {
    messageInterceptors.clear();
    history->retire();
    const auto listeners = std::exchange(sessionListeners, {});
    const auto connections = std::exchange(connectionListeners, {});
    const auto interceptors = std::exchange(handshakeInterceptors, {});
}

}  // namespace patchbay::messaging
