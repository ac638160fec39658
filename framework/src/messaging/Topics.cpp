#include "base/Utf8.hpp"
#include "messaging/RequireText.hpp"
#include "messaging/SessionCore.hpp"
#include "messaging/TopicTable.hpp"

#include <patchbay/topics.hpp>

#include <stdexcept>
#include <utility>

namespace patchbay {
namespace {

constexpr SessionId kNobody = 0;

/// Errors: json::EncodeError.
Bytes checked(std::string_view text) {
    messaging::requireText(text);
    return asBytes(text);
}

[[noreturn]] void failFull(std::string_view topic) {
    throw QueueFull{"publish: a loop has no room for a message to " + std::string{topic} +
                    "; its handlers are too far behind (server: loopQueue, publishTimeout)"};
}

/// Errors: QueueFull.
Publishing whereItIs(messaging::TopicTable::Outgo&& outgo, std::string_view topic) {
    if (outgo.published.status == SendStatus::Full) failFull(topic);
    return std::move(outgo.publishing);
}

/// Where nothing is kept there is little to say of it.   Errors: QueueFull; StoreError.
Publishing published(messaging::TopicTable& table, std::string_view topic, MessageKind kind, Bytes payload, SessionId except) {
    if (table.hasRules()) return whereItIs(table.publish(topic, {.kind = kind, .payload = payload, .except = except}), topic);
    const Published one = table.publish(topic, kind, payload, except);
    if (one.status == SendStatus::Full) [[unlikely]]
        failFull(topic);
    return Publishing{one.position};
}

/// Errors: std::invalid_argument.
void requireKey(std::string_view key) {
    if (key.size() > 255 || !isUtf8(asBytes(key))) throw std::invalid_argument{"publish: a key is UTF-8, and at most 255 bytes long"};
}

}  // namespace

Topics::Topics(std::shared_ptr<messaging::TopicTable> table) noexcept : table_{std::move(table)} {}
Topics::~Topics() = default;

Publishing::Publishing(const Completion<TopicPosition>& done) noexcept : done_{done.state_} { done_->addHolder(); }
Publishing::Publishing(const Publishing& other) noexcept : TopicPosition{other}, done_{other.done_} {
    if (done_) done_->addHolder();
}
Publishing::Publishing(Publishing&& other) noexcept : TopicPosition{other}, done_{std::move(other.done_)} {}
Publishing& Publishing::operator=(Publishing other) noexcept {
    TopicPosition::operator=(other);
    done_.swap(other.done_);
    return *this;
}
void Publishing::letGo() noexcept { done_->dropHolder(); }

std::shared_ptr<detail::CompletionWait<TopicPosition>> Publishing::wait() const {
    if (done_) {
        done_->await();
        return done_;
    }
    const Completion<TopicPosition> known;
    known.set(static_cast<const TopicPosition&>(*this));
    return known.wait();
}

Publishing Topics::publish(std::string_view topic, std::string_view text) {
    return published(*table_, topic, MessageKind::Text, checked(text), kNobody);
}
Publishing Topics::publish(std::string_view topic, Bytes bytes) {
    return published(*table_, topic, MessageKind::Binary, bytes, kNobody);
}
Publishing Topics::publish(std::string_view topic, std::string_view text, const Session& except) {
    return published(*table_, topic, MessageKind::Text, checked(text), idOf(except));
}
Publishing Topics::publishJson(std::string_view topic, std::string_view json, const Session& except) {
    return published(*table_, topic, MessageKind::Text, asBytes(json), idOf(except));
}
Publishing Topics::publish(std::string_view topic, Bytes bytes, const Session& except) {
    return published(*table_, topic, MessageKind::Binary, bytes, idOf(except));
}
Publishing Topics::publish(std::string_view topic, std::string_view text, const PublishOptions& options) {
    return publishJson(topic, asText(checked(text)), options);
}
Publishing Topics::publishJson(std::string_view topic, std::string_view json, const PublishOptions& options) {
    requireKey(options.key);
    return whereItIs(table_->publish(topic, {MessageKind::Text, asBytes(json), idOf(options.except), options.key, 0, options.transient, options.with}), topic);
}
Publishing Topics::publish(std::string_view topic, Bytes bytes, const PublishOptions& options) {
    requireKey(options.key);
    return whereItIs(table_->publish(topic, {MessageKind::Binary, bytes, idOf(options.except), options.key, 0, options.transient, options.with}), topic);
}
Publishing Topics::amend(std::string_view topic, std::uint64_t offset, std::string_view text) {
    return amendJson(topic, offset, asText(checked(text)));
}
/// 0 amends nothing: there is no such publication.
Publishing Topics::amendJson(std::string_view topic, std::uint64_t offset, std::string_view json) {
    if (offset == 0) throw StoreError{StoreFault::NoSuchOffset, "amend: the first publication of a topic has offset 1"};
    return whereItIs(table_->publish(topic, {.payload = asBytes(json), .amends = offset}), topic);
}
Completion<Page<std::string>> Topics::readHistory(std::string_view topic, HistoryRange range) {
    const Completion<Page<std::string>> done;
    table_->read(topic, range, [done](patchbay::Outcome<Slice> outcome) {
        try {
            Slice slice = outcome.take();
            Page<std::string> page;
            page.position = slice.last;
            page.more = !slice.publications.empty() && slice.publications.front().offset > slice.kept;
            for (Publication& one : slice.publications) page.list.push_back({one.offset, std::move(one.data), one.at});
            done.set(std::move(page));
        } catch (...) {
            done.fail(std::current_exception());
        }
    });
    return done;
}
Published Topics::tryPublish(std::string_view topic, std::string_view text) {
    return table_->publish(topic, MessageKind::Text, checked(text), kNobody);
}
Published Topics::tryPublishJson(std::string_view topic, std::string_view json, const Session& except) {
    return table_->publish(topic, MessageKind::Text, asBytes(json), idOf(except));
}
Published Topics::tryPublish(std::string_view topic, Bytes bytes) {
    return table_->publish(topic, MessageKind::Binary, bytes, kNobody);
}

TopicPosition Topics::subscribe(const Session& session, std::string_view topic, SubscribeOptions options) {
    session.core("subscribe").requireOpen("subscribe");
    return table_->subscribe(session.core_, topic, messaging::Subscribing::of(options));
}
void Topics::unsubscribe(const Session& session, std::string_view topic) {
    if (session.core_) table_->unsubscribe(*session.core_, topic);
}

std::size_t Topics::subscribers(std::string_view topic) const { return table_->subscribers(topic); }
/// Nobody's, where it is a session of another server.
SessionId Topics::idOf(const Session& session) const noexcept {
    return session.core_ && table_->isOurs(*session.core_) ? session.id() : kNobody;
}
const detail::WireFormat& Topics::wireFormat() const noexcept { return table_->format(); }

}  // namespace patchbay
