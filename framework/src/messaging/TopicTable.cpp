#include "messaging/TopicTable.hpp"

#include "base/Utf8.hpp"
#include "messaging/Credentials.hpp"
#include "messaging/History.hpp"
#include "messaging/RequestScope.hpp"
#include "messaging/SessionCore.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace patchbay::messaging {

TopicTable::TopicTable(std::shared_ptr<ServerState> server, detail::WireFormat format, std::shared_ptr<const TopicRules> rules, std::string space)
    : server_{std::move(server)}, format_{format}, space_{std::move(space)}, hasRules_{rules != nullptr}, rules_{std::move(rules)} {}

TopicTable::~TopicTable() { retire(); }

void TopicTable::retire() noexcept {
    if (!hasRules_) return;
    decltype(topics_) gone;  // destroyed without the lock
    std::shared_ptr<const TopicRules> rules;
    {
        const std::lock_guard guard{lock_};
        gone.swap(topics_);
        rules.swap(rules_);
    }
    for (const auto& [name, topic] : gone) {
        if (topic && topic->hasHistory()) topic->letGo();
    }
}

std::shared_ptr<const TopicRules> TopicTable::rules() const {
    if (!hasRules_) return nullptr;
    const std::lock_guard guard{lock_};
    return rules_;
}

std::shared_ptr<Topic> TopicTable::find(std::string_view name) const {
    const std::lock_guard guard{lock_};
    const auto found = topics_.find(name);
    return found == topics_.end() ? nullptr : found->second;
}

std::shared_ptr<Topic> TopicTable::findOrMake(std::string_view name) {
    if (auto found = find(name)) return found;
    return make(name);
}

/// One that keeps its publications is there for them, too.
std::shared_ptr<Topic> TopicTable::findToPublish(std::string_view name) {
    auto found = find(name);
    if (found || !hasRules_) return found;
    const auto known = rules();
    const detail::TopicModel* const rule = known ? known->find(name) : nullptr;
    return rule && rule->options.history.messages != 0 ? make(name) : nullptr;
}

std::unique_ptr<const Keeping> TopicTable::whatIsKept(std::string_view name) const {
    const auto known = rules();
    const detail::TopicModel* const rule = known ? known->find(name) : nullptr;
    if (!rule || rule->options.history.messages == 0) return nullptr;
    const HistoryOptions& options = rule->options.history;
    return std::make_unique<const Keeping>(
        Keeping{options, space_ + ' ' + std::string{name}, options.durable ? server_->history->durable() : server_->history->memory()});
}

std::shared_ptr<Topic> TopicTable::make(std::string_view name) {
    if (!isUtf8(asBytes(name))) throw std::invalid_argument{"subscribe: the topic's name is not UTF-8"};
    auto kept = whatIsKept(name);
    const bool keeps = kept != nullptr;
    auto fresh = std::make_shared<Topic>(std::string{name}, weak_from_this(), server_, std::move(kept));
    {
        const std::lock_guard guard{lock_};
        const auto [place, isNew] = topics_.try_emplace(std::string{name}, fresh);
        if (!isNew) return place->second;
    }
    if (keeps) server_->history->add(fresh);
    return fresh;
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

TopicPosition TopicTable::subscribe(const std::shared_ptr<SessionCore>& session, std::string_view topic, Subscribing how) {
    if (!isOurs(*session)) throw std::invalid_argument{"subscribe: the session is one of another server's"};
    const auto asked = hasRules_ ? Credentials::of(*session) : nullptr;
    requireAllowed(*session, topic);
    if (session->isWire()) session->wire()->complete(topic, how);
    if (how.again) unsubscribe(*session, topic);
    for (;;) {
        const auto found = findOrMake(topic);
        const Topic::Joined joined = found->join(session, how);
        switch (joined.outcome) {
            case Topic::Joining::Joined:
                if (hasRules_ && Credentials::of(*session) != asked) requireAllowed(*session, topic);  // who has changed it may not have seen it here
                return joined.position;
            case Topic::Joining::TopicGone: forget(*found); break;  // its last member has left just now
            case Topic::Joining::SessionEnded:
                if (found->isGone()) forget(*found);
                throw SessionClosed{"subscribe"};
            case Topic::Joining::TooManyTopics:
                if (found->isGone()) forget(*found);
                throw TooManyTopics{"subscribe: the session is in " + std::to_string(session->maxTopics()) +
                                    " topics, as many as it may be (limits: maxTopics)"};
        }
    }
}

bool TopicTable::allows(const SessionCore& session, std::string_view topic) const noexcept {
    const auto known = rules();
    return !known || known->allows(*Credentials::of(session), topic);
}

/// Out of it, where it is in.   Errors: Forbidden.
void TopicTable::requireAllowed(SessionCore& session, std::string_view topic) {
    if (allows(session, topic)) return;
    unsubscribe(session, topic);
    throw Forbidden{"subscribe: this user may not be in that topic"};
}

bool TopicTable::isOffered(std::string_view topic) const {
    const auto known = rules();
    return known && known->find(topic);
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
    if (hasRules_) return publish(topic, {.kind = kind, .payload = payload, .except = except}).published;
    if (server_->messageInterceptors.empty()) return publishPassing(find(topic).get(), {kind, payload, except});
    InterceptedMessage message{kind, payload};
    if (!mayPublish(topic, message)) return {SendStatus::Dropped, {}};
    return publishPassing(find(topic).get(), {kind, message.payload(), except});
}

bool TopicTable::mayPublish(std::string_view topic, InterceptedMessage& message) const {
    const auto interceptors = server_->messageInterceptors.list();
    const detail::Labelled labelled{detail::runningHere(), "a message interceptor"};
    return std::ranges::all_of(*interceptors, [&](const auto& interceptor) {
        return interceptor->publishing(topic, message) == MessageInterceptor::Verdict::Pass;
    });
}

TopicTable::Outgo TopicTable::publish(std::string_view topic, const Publish& what) {
    if (server_->messageInterceptors.empty()) return publishAsIs(topic, what);
    InterceptedMessage message{what.kind, what.payload};
    if (!mayPublish(topic, message)) return {{SendStatus::Dropped, {}}, {}};
    Publish changed = what;
    changed.payload = message.payload();
    return publishAsIs(topic, changed);
}

TopicTable::Outgo TopicTable::publishAsIs(std::string_view name, const Publish& what) {
    auto topic = findToPublish(name);
    if (what.amends != 0 && !(topic && topic->hasHistory())) throw std::invalid_argument{"amend: the topic has no history"};
    if (what.with && !(topic && topic->hasHistory())) throw std::invalid_argument{"publish: rows go with a publication that is kept, and the topic has no history"};
    if (!topic) return {{SendStatus::Queued, {}}, {}};
    if (topic->hasHistory() && !what.transient) return publishKept(std::move(topic), what);
    const Published published = publishPassing(topic.get(), {what.kind, what.payload, what.except});
    return {published, Publishing{published.position}};
}

/// `topic`: nullptr: nobody is there.
Published TopicTable::publishPassing(Topic* topic, const Topic::Message& message) const {
    if (!topic) return {SendStatus::Queued, {}};
    if (Loop::here()) return {SendStatus::Queued, topic->publish(message, Topic::OnFull::Miss).position};
    const auto until = later(Clock::now(), onClock(server_->publishTimeout));
    for (;;) {
        const Topic::Publishing one = topic->publish(message, Topic::OnFull::Refuse);
        if (!one.full) return {SendStatus::Queued, one.position};
        if (!one.full->queue().waitForRoom(one.bytes, until)) return {SendStatus::Full, {}};
    }
}

TopicTable::Outgo TopicTable::publishKept(std::shared_ptr<Topic> topic, const Publish& what) {
    if (!Loop::here()) {
        const auto until = later(Clock::now(), onClock(server_->publishTimeout));
        const std::size_t bytes = what.payload.size() + Broadcast::kMessageBytes + Broadcast::kBatchBytes;
        while (const auto full = topic->fullLoop(what.payload.size())) {
            if (!full->queue().waitForRoom(bytes, until)) return {{SendStatus::Full, {}}, {}};
        }
    }
    while (!topic->beginPublishing()) {  // nothing of it was left just now
        forget(*topic);
        topic = findOrMake(topic->name());
        if (!topic->hasHistory()) return {{SendStatus::Queued, {}}, {}};  // the server is being destroyed
    }
    Delivering one{topic, what.kind, std::string{asText(what.payload)}, what.except, {}};
    one.head.key = what.key;
    one.head.amends = what.amends;
    RequestScope* const request = RequestScope::current();
    if (request) request->sign(one.head);
    const bool waits = request && topic->kept().options.durable;
    Publishing publishing = waits ? request->add(std::move(one), what.with) : server_->history->publish(std::move(one), what.with);
    if (request && !waits) request->noteEffect();
    return {{SendStatus::Queued, publishing}, std::move(publishing)};
}

void TopicTable::read(std::string_view name, HistoryRange range, Receiver<Slice> receiver) {
    const auto topic = findToPublish(name);
    if (!topic || !topic->hasHistory()) throw std::invalid_argument{"history: the topic has none"};
    const Keeping& kept = topic->kept();
    const std::size_t limit = std::clamp<std::size_t>(range.limit, 1, kMostRecovered);
    kept.store->read({.topic = kept.name, .before = range.before, .limit = limit, .from = Range::From::Newest}, std::move(receiver));
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
