#include "server/ServedSite.hpp"

#include "base/Guarded.hpp"

#include <utility>

namespace patchbay::server {
namespace {

/// Takes the lists out of what the client offers.
HandshakeRequest handshakeOf(const http::UpgradeRequest& request) {
    const http::RequestHead& head = request.head;
    HandshakeRequest handshake;
    handshake.target = head.originTarget();
    handshake.host = head.host;
    handshake.secure = request.client.secure;
    handshake.throughProxy = request.client.proxied;
    handshake.uri.reserve(6 + handshake.host.size() + handshake.target.size());
    handshake.uri.append(handshake.secure ? "wss://" : "ws://").append(handshake.host).append(handshake.target);
    handshake.headers.reserve(head.headers().size());
    for (const auto& [name, value] : head.headers()) handshake.headers.emplace_back(name, value);
    handshake.remoteAddress = request.client.address;
    handshake.clientCertificates = request.clientCertificates;
    handshake.offeredSubprotocols = std::move(request.handshake.offeredSubprotocols);
    handshake.offeredExtensions = std::move(request.handshake.offeredExtensions);
    return handshake;
}

http::Upgrade refused(HttpResponse response) {
    http::Upgrade upgrade;
    upgrade.refusal = std::move(response);
    return upgrade;
}

}  // namespace

/// A session between its admission and its first message.
class ServedSite::Opening final : public http::Successor {
public:
    Opening(std::shared_ptr<messaging::SessionCore> session, messaging::AgreedExtension extension, websocket::WebSocketCarrier::List& carriers)
        : session_{std::move(session)}, extension_{std::move(extension)}, carriers_{carriers} {}
    ~Opening() override {
        if (session_) session_->endpoint().remove(*session_);
    }

    void takeOver(transport::Channel::Pointer channel, transport::ConnectionPlace place, std::span<std::byte> firstBytes) override {
        websocket::WebSocketCarrier::start({std::move(channel), std::exchange(session_, nullptr), std::move(extension_), std::move(place)},
                                           carriers_, firstBytes);
    }

private:
    std::shared_ptr<messaging::SessionCore> session_;
    messaging::AgreedExtension extension_;
    websocket::WebSocketCarrier::List& carriers_;
};

std::shared_ptr<void> ServedSite::upgrade(const http::UpgradeRequest& request, http::Decided decided) {
    const std::size_t loopIndex = request.loopIndex;
    return deployments_.admit(handshakeOf(request), loopIndex, [this, loopIndex, decided = std::move(decided)](deployment::Admission&& admission) {
        decided(upgradeOf(std::move(admission), loopIndex));
    });
}

http::Upgrade ServedSite::upgradeOf(deployment::Admission&& admission, std::size_t loopIndex) {
    if (admission.rejection) return refused(deployment::refusalOf(admission));
    http::Upgrade upgrade;
    upgrade.fields = std::move(admission.headers);
    upgrade.subprotocol = admission.subprotocol();
    upgrade.extensions = admission.start.extensions;
    auto extension = std::move(admission.extension);
    auto session = deployments_.createSession(std::move(admission), loopIndex);
    if (!session) return refused({503, {}, "this endpoint is full\n"});
    upgrade.successor = std::make_unique<Opening>(std::move(session), std::move(extension), carriers_[loopIndex]);
    return upgrade;
}

bool ServedSite::beginsSilence(std::string_view address) noexcept {
    const auto& listeners = deployments_.state().connectionListeners;
    for (std::size_t i = 0; i < listeners.size(); ++i) {
        bool stays = false;
        guarded("connections", "a connection listener's accepted()", [&] { stays = listeners[i]->accepted(address); });
        if (stays) continue;
        while (i-- > 0) listeners[i]->asked(address);
        return false;
    }
    return true;
}

void ServedSite::endsSilence(std::string_view address) noexcept {
    for (const auto& listener : deployments_.state().connectionListeners) listener->asked(address);
}

void ServedSite::cutAll(std::size_t loopIndex) {
    auto& carriers = carriers_[loopIndex];
    while (!carriers.empty()) carriers.front().cut();
}

}  // namespace patchbay::server
