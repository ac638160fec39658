#include "messaging/TopicTable.hpp"

#include "messaging/SessionCore.hpp"

#include <algorithm>

namespace patchbay::messaging {

TopicTable::TopicTable(ServerState& server, detail::WireFormat format) : server_{server}, format_{format} {
    for (Loop* loop : server.loops) shards_.push_back({loop, {}});
}

TopicTable::~TopicTable() = default;

void TopicTable::subscribe(const std::shared_ptr<SessionCore>& session, std::string_view topic) {
    if (Publications* const before = server_.publicationsHere()) before->handOut();
    if (session->loop().isCurrent()) return join(*session, topic);
    session->loop().post([self = shared_from_this(), session, name = std::string{topic}] { self->join(*session, name); });
}

void TopicTable::unsubscribe(const std::shared_ptr<SessionCore>& session, std::string_view topic) {
    if (session->isGone()) return;  // perhaps its loop as well
    if (Publications* const before = server_.publicationsHere()) before->handOut();
    if (session->loop().isCurrent()) {
        if (session->forgetTopic(*this, topic)) leave(*session, topic);
        return;
    }
    session->loop().post([self = shared_from_this(), session, name = std::string{topic}] {
        if (session->forgetTopic(*self, name)) self->leave(*session, name);
    });
}

void TopicTable::join(SessionCore& session, std::string_view topic) {
    if (!session.rememberTopic(shared_from_this(), topic)) return;  // it has it, or has ended meanwhile
    Shard& shard = shards_[session.loopIndex()];
    auto found = shard.topics.find(topic);
    if (found == shard.topics.end()) found = shard.topics.emplace(std::string{topic}, std::vector<SessionCore*>{}).first;
    found->second.push_back(&session);

    const std::lock_guard guard{lock_};
    auto presence = directory_.find(topic);
    if (presence == directory_.end()) {
        presence = directory_.emplace(std::string{topic}, Presence{std::vector<std::uint32_t>(shards_.size()), 0}).first;
    }
    ++presence->second.perLoop[session.loopIndex()];
    ++presence->second.total;
}

void TopicTable::leave(SessionCore& session, std::string_view topic) {
    Shard& shard = shards_[session.loopIndex()];
    const auto found = shard.topics.find(topic);
    if (found == shard.topics.end()) return;
    auto& sessions = found->second;
    const auto place = std::find(sessions.begin(), sessions.end(), &session);
    if (place == sessions.end()) return;
    *place = sessions.back();
    sessions.pop_back();

    const std::lock_guard guard{lock_};
    const auto presence = directory_.find(topic);
    --presence->second.perLoop[session.loopIndex()];
    if (--presence->second.total == 0) directory_.erase(presence);
    if (sessions.empty()) shard.topics.erase(found);
}

void TopicTable::publish(std::string_view topic, MessageKind kind, Bytes payload, SessionId except) {
    if (server_.messageInterceptors.empty()) return publishAsIs(topic, kind, payload, except);
    InterceptedMessage message{kind, payload};
    for (const auto& interceptor : server_.messageInterceptors) {
        if (interceptor->publishing(topic, message) == MessageInterceptor::Verdict::Drop) return;
    }
    publishAsIs(topic, kind, message.payload(), except);
}

void TopicTable::publishAsIs(std::string_view topic, MessageKind kind, Bytes payload, SessionId except) {
    if (subscribers(topic) == 0) return;
    if (Publications* const here = server_.publicationsHere())
        return here->add(shared_from_this(), topic, kind, payload, except);
    const auto broadcast = std::make_shared<Broadcast>();
    broadcast->add(kind, payload, except);
    for (std::size_t i = 0; i < shards_.size(); ++i) {
        if (!hasSubscribers(topic, i)) continue;
        shards_[i].loop->post([self = shared_from_this(), i, name = std::string{topic}, broadcast] {
            self->deliver(i, name, *broadcast);
        });
    }
}

void TopicTable::deliver(std::size_t loopIndex, std::string_view topic, const Broadcast& broadcast) {
    const auto found = shards_[loopIndex].topics.find(topic);
    if (found == shards_[loopIndex].topics.end()) return;
    // Nothing in the loop joins or leaves: a session that has to close does so in a later turn.
    const std::vector<SessionCore*>& sessions = found->second;
    const auto ahead = [&](std::size_t place, void (SessionCore::*step)() const noexcept) {
        if (place < sessions.size()) (sessions[place]->*step)();
    };
    // What the kernel does for one subscriber drives the others out of the processor's cache.
    for (std::size_t i = 0; i < sessions.size(); ++i) {
        ahead(i + 3, &SessionCore::prefetch);
        ahead(i + 2, &SessionCore::prefetchCarrier);
        ahead(i + 1, &SessionCore::prefetchChannel);
        sessions[i]->deliver(broadcast);
    }
}

bool TopicTable::hasSubscribers(std::string_view topic, std::size_t loopIndex) const {
    const std::lock_guard guard{lock_};
    const auto presence = directory_.find(topic);
    return presence != directory_.end() && presence->second.perLoop[loopIndex] > 0;
}

std::size_t TopicTable::subscribers(std::string_view topic) const {
    const std::lock_guard guard{lock_};
    const auto presence = directory_.find(topic);
    return presence == directory_.end() ? 0 : presence->second.total;
}

std::size_t TopicTable::topicCount() const {
    const std::lock_guard guard{lock_};
    return directory_.size();
}

}  // namespace patchbay::messaging
