#include "messaging/TopicTable.hpp"

#include "base/Utf8.hpp"
#include "messaging/SessionCore.hpp"

#include <stdexcept>
#include <utility>

namespace patchbay::messaging {

TopicTable::TopicTable(std::shared_ptr<ServerState> server, detail::WireFormat format)
    : server_{std::move(server)}, format_{format} {}

TopicTable::~TopicTable() = default;

std::shared_ptr<Topic> TopicTable::find(std::string_view name) const {
    const std::lock_guard guard{lock_};
    const auto found = topics_.find(name);
    return found == topics_.end() ? nullptr : found->second;
}

std::shared_ptr<Topic> TopicTable::findOrMake(std::string_view name) {
    const std::lock_guard guard{lock_};
    auto found = topics_.find(name);
    if (found == topics_.end() && !isUtf8(asBytes(name))) throw std::invalid_argument{"subscribe: the topic's name is not UTF-8"};
    if (found == topics_.end()) found = topics_.emplace(std::string{name}, nullptr).first;
    if (!found->second) found->second = std::make_shared<Topic>(std::string{name}, weak_from_this(), server_);
    return found->second;
}

/// Unless another of its name has taken its place.
void TopicTable::forget(const Topic& topic) {
    std::shared_ptr<Topic> gone;  // destroyed without the lock
    const std::lock_guard guard{lock_};
    const auto found = topics_.find(std::string_view{topic.name()});
    if (found == topics_.end() || found->second.get() != &topic) return;
    gone = std::move(found->second);
    topics_.erase(found);
}

TopicPosition TopicTable::subscribe(const std::shared_ptr<SessionCore>& session, std::string_view topic, std::uint64_t tag) {
    if (!isOurs(*session)) throw std::invalid_argument{"subscribe: the session is one of another server's"};
    for (;;) {
        const auto found = findOrMake(topic);
        const Topic::Joined joined = found->join(session, tag);
        switch (joined.outcome) {
            case Topic::Joining::Joined: return joined.position;
            case Topic::Joining::TopicGone: forget(*found); break;  // its last member has left just now
            case Topic::Joining::SessionEnded:
                if (found->members() == 0) forget(*found);
                throw SessionClosed{"subscribe"};
            case Topic::Joining::TooManyTopics:
                if (found->members() == 0) forget(*found);
                throw TooManyTopics{"subscribe: the session is in " + std::to_string(session->maxTopics()) +
                                    " topics, as many as it may be (limits: maxTopics)"};
        }
    }
}

bool TopicTable::isOurs(const SessionCore& session) const noexcept { return session.endpoint().server == server_; }

void TopicTable::unsubscribe(SessionCore& session, std::string_view topic) {
    if (!isOurs(session)) return;
    if (const auto found = find(topic)) leave(session, *found);
}

void TopicTable::leave(SessionCore& session, Topic& topic) {
    if (!topic.leave(session)) return;
    if (const auto table = topic.table()) table->forget(topic);
}

Published TopicTable::publish(std::string_view topic, MessageKind kind, Bytes payload, SessionId except) {
    if (server_->messageInterceptors.empty()) return publishAsIs(topic, kind, payload, except);
    InterceptedMessage message{kind, payload};
    const auto interceptors = server_->messageInterceptors.list();
    {
        const detail::Labelled labelled{detail::runningHere(), "a message interceptor"};
        for (const auto& interceptor : *interceptors) {
            if (interceptor->publishing(topic, message) == MessageInterceptor::Verdict::Drop) return {SendStatus::Dropped, {}};
        }
    }
    return publishAsIs(topic, kind, message.payload(), except);
}

Published TopicTable::publishAsIs(std::string_view name, MessageKind kind, Bytes payload, SessionId except) {
    const auto topic = find(name);
    if (!topic) return {SendStatus::Queued, {}};
    const Topic::Message message{kind, payload, except};
    if (Loop::here()) return {SendStatus::Queued, topic->publish(message, Topic::OnFull::Miss).position};
    const auto until = later(Clock::now(), onClock(server_->publishTimeout));
    for (;;) {
        const Topic::Publishing one = topic->publish(message, Topic::OnFull::Refuse);
        if (!one.full) return {SendStatus::Queued, one.position};
        if (!one.full->queue().waitForRoom(one.bytes, until)) return {SendStatus::Full, {}};
    }
}

std::size_t TopicTable::subscribers(std::string_view topic) const {
    const auto found = find(topic);
    return found ? found->members() : 0;
}

std::size_t TopicTable::topicCount() const {
    const std::lock_guard guard{lock_};
    return topics_.size();
}

}  // namespace patchbay::messaging
