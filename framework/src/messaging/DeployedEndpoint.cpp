#include "messaging/DeployedEndpoint.hpp"

#include "messaging/SessionCore.hpp"

#include <algorithm>
#include <new>

namespace patchbay::messaging {

namespace {

std::size_t largestMessage(const detail::EndpointModel& model, const EndpointConfig& config) noexcept {
    if (model.everyHandlerSetsMaxMessage) return model.maxHandlerMessageBytes;
    return std::max(config.limits.maxMessageSize, model.maxHandlerMessageBytes);
}

std::shared_ptr<const TopicRules> rulesOf(const detail::EndpointModel& model) {
    return model.topics.empty() ? nullptr : std::make_shared<const TopicRules>(model.topics, model.image);
}

}  // namespace

EndpointCode::EndpointCode(detail::EndpointModel theModel, std::size_t loops)
    : pin{theModel.image}, model{std::move(theModel)}, decodings(loops) {
    for (Decoding& decoding : decodings) decoding.scratch = model.newScratch();
}

EndpointCode::Lent EndpointCode::lend() {
    {
        const std::lock_guard guard{lock_};
        if (!idle_.empty()) {
            auto decoding = std::move(idle_.back());
            idle_.pop_back();
            return {*this, std::move(decoding)};
        }
    }
    auto fresh = std::make_unique<Decoding>();
    fresh->scratch = model.newScratch();
    return {*this, std::move(fresh)};
}

/// Where not even so much memory is left, it stays as it is.
void EndpointCode::giveBackMemory(Decoding& decoding) const noexcept {
    decoding.hadLarge = false;
    try {
        decoding.document = json::Document{};
        decoding.scratch = model.newScratch();
    } catch (const std::bad_alloc&) {
        return;
    }
}

void EndpointCode::takeBack(std::unique_ptr<Decoding> decoding) noexcept {
    if (decoding->hadLarge) giveBackMemory(*decoding);
    const std::lock_guard guard{lock_};
    idle_.push_back(std::move(decoding));
}

DeployedEndpoint::DeployedEndpoint(detail::EndpointModel model, EndpointConfig theConfig, std::shared_ptr<ServerState> state,
                                   const Services& parent)
    : identity{model.identity},
      config{std::move(theConfig)},
      typeKey{model.options.typeKey},
      format{{typeKey, model.options.allowUnknown}, model.tagged, model.tagRequired},
      onPool{model.options.dispatch == Dispatch::Worker},
      server{std::move(state)},
      topicTable{std::make_shared<TopicTable>(server, format, rulesOf(model), config.path)},
      topics{std::make_shared<Topics>(topicTable)},
      services{&parent},
      maxMessageSize_{largestMessage(model, config)} {
    services.provide(topics);
    code = new EndpointCode{std::move(model), server->loops.size()};
}

std::size_t DeployedEndpoint::receiveQueueBytes() const noexcept {
    return config.limits.receiveQueue != 0 ? config.limits.receiveQueue
                                           : std::max(maxMessageSize_, std::size_t{64_KiB});
}

void DeployedEndpoint::retire() noexcept {
    configurator.reset();
    topicTable->retire();
    services = Services{};
    code.reset();
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
    server->ended->ring();
}

std::vector<std::shared_ptr<SessionCore>> DeployedEndpoint::sessions() {
    const std::lock_guard guard{lock_};
    return listed();
}

void DeployedEndpoint::reopen() {
    const std::lock_guard guard{lock_};
    shut_ = false;
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
