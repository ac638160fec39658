#include "base/Uri.hpp"
#include "messaging/RequireText.hpp"
#include "messaging/SessionCore.hpp"

#include <patchbay/detail/PathTemplate.hpp>
#include <patchbay/principal.hpp>
#include <patchbay/session.hpp>

#include <algorithm>
#include <stdexcept>

namespace patchbay {
namespace {

const messaging::Origin& originOf(const messaging::SessionCore& core, const char* call) {
    core.requireNotGone(call);
    return core.origin();
}

void requireSent(SendStatus status, const char* call) {
    if (status == SendStatus::Closed) throw SessionClosed{call};
}

}  // namespace

Remote::Remote(const Session& session) noexcept : core_{session.core_} {}
void Remote::sendText(std::string_view text) const { Session{core_}.send(text); }
void Remote::sendBinary(Bytes bytes) const { Session{core_}.send(bytes); }
void Remote::sendPing(Bytes payload) const {
    if (payload.size() > 125) throw std::invalid_argument{"sendPing: a ping carries at most 125 bytes (RFC 6455 §5.5)"};
    Session{core_}.core("sendPing").ping(payload);
}

Session::Session(std::shared_ptr<messaging::SessionCore> core) noexcept : core_{std::move(core)} {}

messaging::SessionCore& Session::core(const char* call) const {
    if (!core_) throw SessionClosed{call};
    return *core_;
}

SessionId Session::id() const noexcept { return core_ ? core_->id() : 0; }
bool Session::isOpen() const noexcept { return core_ && core_->isOpen(); }

bool Session::isSecure() const { return originOf(core("isSecure"), "isSecure").isSecure(); }
std::string Session::requestUri() const { return std::string{originOf(core("requestUri"), "requestUri").uri()}; }
std::string Session::queryParameter(std::string_view name) const {
    return patchbay::queryParameter(originOf(core("queryParameter"), "queryParameter").uri(), name);
}
std::string_view Session::pathParameter(std::string_view name) const {
    const auto& origin = originOf(core("pathParameter"), "pathParameter");
    const int index = detail::variableIndex(core_->endpoint().config.path, name);
    if (index < 0) return {};
    return origin.path()[static_cast<std::size_t>(index)];
}
const std::string& Session::subprotocol() const { return originOf(core("subprotocol"), "subprotocol").subprotocol(); }
const std::vector<ExtensionTerms>& Session::extensions() const {
    return originOf(core("extensions"), "extensions").extensions();
}
std::shared_ptr<const Principal> Session::principal() const {
    core("principal").requireNotGone("principal");
    return messaging::Credentials::of(*core_);
}
bool Session::isStranger() const noexcept { return core_ && core_->isStranger(); }
bool Session::isUserInRole(std::string_view role) const { return principal()->hasRole(role); }

void Session::setPrincipal(Principal principal) const {
    core("setPrincipal").requireOpen("setPrincipal");
    messaging::Credentials::set(*core_, nullptr, std::move(principal));
}
std::string Session::displayName() const {
    core("displayName").requireNotGone("displayName");
    const auto principal = messaging::Credentials::of(*core_);
    return principal->shownName().empty() ? "guest-" + std::to_string(core_->id()) : principal->shownName();
}
std::string Session::remoteAddress() const {
    return std::string{originOf(core("remoteAddress"), "remoteAddress").remoteAddress()};
}

std::vector<Session> Session::openSessions() const {
    core("openSessions").requireNotGone("openSessions");
    std::vector<Session> open;
    for (auto& core : core_->endpoint().sessions()) {
        if (core->isOpen() && !core->isStranger()) open.emplace_back(std::move(core));
    }
    return open;
}

std::shared_ptr<const std::any> Session::findProperty(std::string_view name) const {
    core("property").requireNotGone("property");
    return core_->property(name);
}
void Session::setProperty(std::string_view name, std::any value, detail::ImagePin pin) const {
    core("setProperty").requireNotGone("setProperty");
    core_->rare().belongings.setProperty(*core_, name, std::move(value), std::move(pin));
}

void Session::setToll(std::shared_ptr<MessageToll> toll, detail::ImagePin pin) const {
    if (!core_) return;
    messaging::Hook<MessageToll> hook{std::move(pin), std::move(toll)};
    core_->setToll(hook);
}

SendStatus Session::trySend(std::string_view text) const {
    return core_ ? core_->trySendText(text) : SendStatus::Closed;
}
SendStatus Session::trySend(Bytes bytes) const {
    return core_ ? core_->trySend(MessageKind::Binary, bytes) : SendStatus::Closed;
}
SendStatus Session::trySendJson(std::string_view json) const {
    return core_ ? core_->trySend(MessageKind::Text, asBytes(json)) : SendStatus::Closed;
}
void Session::sendJson(std::string_view json) const { requireSent(trySendJson(json), "send"); }
void Session::send(std::string_view text) const { requireSent(trySend(text), "send"); }
void Session::send(Bytes bytes) const { requireSent(trySend(bytes), "send"); }
std::uint64_t Session::droppedMessages() const noexcept { return core_ ? core_->droppedMessages() : 0; }
void Session::replyJson(std::string_view json) const {
    if (core_ && core_->isWire()) [[unlikely]]
        return requireSent(core_->reply(MessageKind::Text, asBytes(json)), "send");
    sendJson(json);
}
void Session::reply(std::string_view text) const {
    if (!core_ || !core_->isWire()) [[likely]]
        return send(text);
    messaging::requireText(text);
    requireSent(core_->reply(MessageKind::Text, asBytes(text)), "send");
}
void Session::reply(Bytes bytes) const {
    if (!core_ || !core_->isWire()) [[likely]]
        return send(bytes);
    requireSent(core_->reply(MessageKind::Binary, bytes), "send");
}
const detail::WireFormat& Session::wireFormat() const noexcept {
    static const detail::WireFormat plain;
    return core_ ? core_->endpoint().format : plain;
}

TopicPosition Session::subscribe(std::string_view topic) const {
    core("subscribe").requireOpen("subscribe");
    return core_->endpoint().topicTable->subscribe(core_, topic);
}
TopicPosition Session::subscribe(std::string_view topic, SubscribeOptions options) const {
    core("subscribe").requireOpen("subscribe");
    return core_->endpoint().topicTable->subscribe(core_, topic, messaging::Subscribing::of(options));
}
void Session::unsubscribe(std::string_view topic) const {
    if (!core_) return;
    const bool tells = core_->isWire() && core_->isOpen() && core_->wire()->isIn(topic);
    core_->endpoint().topicTable->unsubscribe(*core_, topic);
    if (tells) core_->inTurn([core = core_, name = std::string{topic}] { core->wire()->left(name, nullptr); });
}

void Session::close(CloseCode code, std::string_view text) const noexcept {
    if (core_) core_->close(CloseCause::Application, code, text);
}
void Session::closeFor(CloseCause cause, std::string_view text) const noexcept {
    if (core_) core_->close(cause, std::nullopt, text);
}
void Session::probe() const { core("probe").probe(); }
std::optional<std::chrono::microseconds> Session::roundTripTime() const noexcept {
    const std::int64_t passed = core_ ? core_->timers().roundTripMicroseconds() : -1;
    return passed < 0 ? std::nullopt : std::optional{std::chrono::microseconds{passed}};
}
std::chrono::steady_clock::time_point Session::lastReceived() const noexcept {
    return core_ ? core_->timers().lastReceived(core_->loop()) : std::chrono::steady_clock::time_point{};
}
void Session::setIdleTimeout(std::chrono::milliseconds timeout) const { core("setIdleTimeout").setIdleTimeout(timeout); }

void Session::pauseReceiving() const {
    if (core_) core_->setReceiving(false);
}
void Session::resumeReceiving() const {
    if (core_) core_->setReceiving(true);
}
bool Session::isReceiving() const noexcept { return core_ && core_->isReceiving(); }

void Session::post(Task task) const {
    if (core_) core_->post(std::move(task));
}
Timer Session::after(std::chrono::milliseconds delay, Task task) const {
    if (!isOpen()) return {};
    const auto first = std::max(onClock(delay), Clock::duration::zero());
    return Timer{messaging::SessionTimers::start(*core_, {first, Clock::duration::zero()}, std::move(task))};
}
Timer Session::every(std::chrono::milliseconds interval, Task task) const {
    if (interval.count() <= 0) throw std::invalid_argument{"every: the interval must be longer than nothing"};
    if (!isOpen()) return {};
    return Timer{messaging::SessionTimers::start(*core_, {onClock(interval), onClock(interval)}, std::move(task))};
}

detail::Strand& detail::strandOf(const Session& session) { return messaging::SessionCore::of(session)->strand(); }

}  // namespace patchbay
