#include "messaging/DeployedEndpoint.hpp"

#include "messaging/SessionCore.hpp"

#include <algorithm>

namespace patchbay::messaging {

DeployedEndpoint::DeployedEndpoint(detail::EndpointModel theModel, EndpointConfig theConfig, ServerState& state,
                                   const Services& parent)
    : model{std::move(theModel)},
      config{std::move(theConfig)},
      format{{model.options.typeKey, model.options.allowUnknown}, model.tagged},
      server{state},
      topicTable{std::make_shared<TopicTable>(state, format)},
      topics{std::make_shared<Topics>(topicTable)},
      services{&parent},
      locals_(state.loops.size()),
      ended_{state.ended} {
    services.provide(topics);
    for (LoopLocal& local : locals_) local.scratch = model.newScratch();
}

std::size_t DeployedEndpoint::maxMessageBytes() const noexcept {
    if (model.everyHandlerSetsMaxMessage) return model.maxHandlerMessageBytes;
    return std::max(config.limits.maxMessageBytes, model.maxHandlerMessageBytes);
}

bool DeployedEndpoint::add(const std::shared_ptr<SessionCore>& session) {
    const std::lock_guard guard{lock_};
    if (shut_) return false;
    if (config.limits.maxSessions != 0 && sessions_.size() >= config.limits.maxSessions) return false;
    sessions_.push_back(*session);
    return true;
}

void DeployedEndpoint::remove(SessionCore& session) noexcept {
    {
        const std::lock_guard guard{lock_};
        if (!session.is_linked()) return;
        sessions_.erase(sessions_.iterator_to(session));
    }
    ended_->ring();
}

void DeployedEndpoint::reopen() {
    const std::lock_guard guard{lock_};
    shut_ = false;
}

std::vector<std::shared_ptr<SessionCore>> DeployedEndpoint::sessions() {
    const std::lock_guard guard{lock_};
    return listed();
}

std::vector<std::shared_ptr<SessionCore>> DeployedEndpoint::shut() {
    const std::lock_guard guard{lock_};
    shut_ = true;
    return listed();
}

/// Requires: the lock is held.
std::vector<std::shared_ptr<SessionCore>> DeployedEndpoint::listed() {
    std::vector<std::shared_ptr<SessionCore>> all;
    all.reserve(sessions_.size());
    for (ListedSession& listed : sessions_) {
        // One whose last handle has just gone waits for the lock to take itself off.
        if (auto session = static_cast<SessionCore&>(listed).weak_from_this().lock()) all.push_back(std::move(session));
    }
    return all;
}

std::size_t DeployedEndpoint::sessionCount() const {
    const std::lock_guard guard{lock_};
    return sessions_.size();
}

}  // namespace patchbay::messaging
