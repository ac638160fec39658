#include "base/Uri.hpp"
#include "messaging/SessionCore.hpp"

#include <patchbay/detail/PathTemplate.hpp>
#include <patchbay/session.hpp>

namespace patchbay {
namespace detail {

std::string& encodingBuffer() {
    constexpr std::size_t kKept = 64 * 1024;  // one large message does not stay in memory for ever
    thread_local std::string buffer;
    if (buffer.capacity() > kKept) std::string{}.swap(buffer);
    buffer.clear();
    return buffer;
}

}  // namespace detail

Remote::Remote(const Session& session) noexcept : core_{session.core_} {}
void Remote::sendText(std::string_view text) const { core_->send(MessageKind::Text, asBytes(text)); }
void Remote::sendBinary(Bytes bytes) const { core_->send(MessageKind::Binary, bytes); }
void Remote::sendPing(Bytes payload) const {
    if (payload.size() > 125) throw std::invalid_argument{"sendPing: a ping carries at most 125 bytes (RFC 6455 §5.5)"};
    core_->ping(payload);
}

Session::Session(std::shared_ptr<messaging::SessionCore> core) noexcept : core_{std::move(core)} {}

SessionId Session::id() const noexcept { return core_->id(); }
bool Session::isOpen() const noexcept { return core_->isOpen(); }

bool Session::isSecure() const {
    core_->requireNotGone("isSecure");
    return core_->origin().isSecure();
}
std::string Session::requestUri() const {
    core_->requireNotGone("requestUri");
    return std::string{core_->origin().uri()};
}
std::string Session::queryParameter(std::string_view name) const {
    core_->requireNotGone("queryParameter");
    return patchbay::queryParameter(core_->origin().uri(), name);
}
std::string_view Session::pathParameter(std::string_view name) const {
    core_->requireNotGone("pathParameter");
    const int index = detail::variableIndex(core_->endpoint().config.path, name);
    if (index < 0) return {};
    return core_->origin().path()[static_cast<std::size_t>(index)];
}
const std::string& Session::subprotocol() const {
    core_->requireNotGone("subprotocol");
    return core_->origin().subprotocol();
}
const std::vector<ExtensionTerms>& Session::extensions() const {
    core_->requireNotGone("extensions");
    return core_->origin().extensions();
}
const Principal& Session::principal() const {
    core_->requireNotGone("principal");
    return core_->origin().principal();
}
std::string Session::displayName() const {
    core_->requireNotGone("displayName");
    const std::string& name = core_->origin().principal().name;
    return name.empty() ? "guest-" + std::to_string(core_->id()) : name;
}
std::string Session::remoteAddress() const {
    core_->requireNotGone("remoteAddress");
    return std::string{core_->origin().remoteAddress()};
}

std::vector<Session> Session::openSessions() const {
    core_->requireNotGone("openSessions");
    std::vector<Session> open;
    for (auto& core : core_->endpoint().sessions()) {
        if (core->isOpen()) open.emplace_back(std::move(core));
    }
    return open;
}

std::any* Session::findProperty(std::string_view name) const {
    core_->requireNotGone("property");
    return core_->findProperty(name);
}
void Session::setProperty(std::string_view name, std::any value) const {
    core_->requireNotGone("setProperty");
    core_->setProperty(name, std::move(value));
}

void Session::send(std::string_view text) const { core_->send(MessageKind::Text, asBytes(text)); }
void Session::send(Bytes bytes) const { core_->send(MessageKind::Binary, bytes); }
std::uint64_t Session::droppedMessages() const { return core_->droppedMessages(); }
const detail::WireFormat& Session::wireFormat() const noexcept { return core_->endpoint().format; }

void Session::subscribe(std::string_view topic) const {
    core_->requireOpen("subscribe");
    core_->endpoint().topicTable->subscribe(core_, topic);
}
void Session::unsubscribe(std::string_view topic) const { core_->endpoint().topicTable->unsubscribe(core_, topic); }

void Session::close(CloseCode code, std::string_view text) const noexcept {
    core_->close(CloseCause::Application, code, text);
}
void Session::closeFor(CloseCause cause, std::string_view text) const noexcept { core_->close(cause, std::nullopt, text); }
void Session::probe() const { core_->probe(); }
std::optional<std::chrono::microseconds> Session::roundTripTime() const noexcept {
    const std::int64_t passed = core_->roundTripMicroseconds();
    return passed < 0 ? std::nullopt : std::optional{std::chrono::microseconds{passed}};
}
std::chrono::steady_clock::time_point Session::lastReceived() const noexcept {
    return core_->lastReceived();
}
void Session::setIdleTimeout(std::chrono::milliseconds timeout) const { core_->setIdleTimeout(timeout); }
void Session::post(std::function<void()> task) const { core_->post(std::move(task)); }
void Session::after(std::chrono::milliseconds delay, std::function<void()> task) const {
    core_->after(delay, std::move(task));
}

}  // namespace patchbay
