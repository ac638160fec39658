#include "messaging/SessionCore.hpp"
#include "messaging/TopicTable.hpp"

#include <patchbay/topics.hpp>

namespace patchbay {
namespace {
constexpr SessionId kNobody = 0;
}

Topics::Topics(std::shared_ptr<messaging::TopicTable> table) noexcept : table_{std::move(table)} {}
Topics::~Topics() = default;

void Topics::publish(std::string_view topic, std::string_view text) {
    table_->publish(topic, MessageKind::Text, asBytes(text), kNobody);
}
void Topics::publish(std::string_view topic, Bytes bytes) {
    table_->publish(topic, MessageKind::Binary, bytes, kNobody);
}
void Topics::publish(std::string_view topic, std::string_view text, const Session& except) {
    table_->publish(topic, MessageKind::Text, asBytes(text), except.id());
}
void Topics::publish(std::string_view topic, Bytes bytes, const Session& except) {
    table_->publish(topic, MessageKind::Binary, bytes, except.id());
}

void Topics::subscribe(const Session& session, std::string_view topic) {
    session.core_->requireOpen("subscribe");
    table_->subscribe(session.core_, topic);
}
void Topics::unsubscribe(const Session& session, std::string_view topic) { table_->unsubscribe(session.core_, topic); }

std::size_t Topics::subscribers(std::string_view topic) const { return table_->subscribers(topic); }
const detail::WireFormat& Topics::wireFormat() const noexcept { return table_->format(); }

}  // namespace patchbay
