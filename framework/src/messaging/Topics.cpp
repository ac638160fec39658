#include "messaging/RequireText.hpp"
#include "messaging/SessionCore.hpp"
#include "messaging/TopicTable.hpp"

#include <patchbay/topics.hpp>

namespace patchbay {
namespace {

constexpr SessionId kNobody = 0;

/// Errors: json::EncodeError.
Bytes checked(std::string_view text) {
    messaging::requireText(text);
    return asBytes(text);
}

/// Errors: QueueFull.
TopicPosition positionOf(const Published& published, std::string_view topic) {
    if (published.status != SendStatus::Full) return published.position;
    throw QueueFull{"publish: a loop has no room for a message to " + std::string{topic} +
                    "; its handlers are too far behind (server: loopQueue, publishTimeout)"};
}

}  // namespace

Topics::Topics(std::shared_ptr<messaging::TopicTable> table) noexcept : table_{std::move(table)} {}
Topics::~Topics() = default;

TopicPosition Topics::publish(std::string_view topic, std::string_view text) {
    return positionOf(tryPublish(topic, text), topic);
}
TopicPosition Topics::publish(std::string_view topic, Bytes bytes) { return positionOf(tryPublish(topic, bytes), topic); }
TopicPosition Topics::publish(std::string_view topic, std::string_view text, const Session& except) {
    return positionOf(table_->publish(topic, MessageKind::Text, checked(text), idOf(except)), topic);
}
TopicPosition Topics::publishJson(std::string_view topic, std::string_view json, const Session& except) {
    return positionOf(tryPublishJson(topic, json, except), topic);
}
TopicPosition Topics::publish(std::string_view topic, Bytes bytes, const Session& except) {
    return positionOf(table_->publish(topic, MessageKind::Binary, bytes, idOf(except)), topic);
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

TopicPosition Topics::subscribe(const Session& session, std::string_view topic) {
    session.core("subscribe").requireOpen("subscribe");
    return table_->subscribe(session.core_, topic);
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
