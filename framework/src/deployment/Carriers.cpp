// The carriers of modules (patchbay/carrier.hpp): how their sessions come in.

#include "base/Guarded.hpp"
#include "deployment/Deployments.hpp"
#include "messaging/CarrierLink.hpp"

#include <patchbay/carrier.hpp>
#include <patchbay/http.hpp>
#include <patchbay/server_container.hpp>

#include <stdexcept>
#include <utility>

namespace patchbay {

// ------------------------------------------------------------------------------------------------ the verdict

Admission::Admission(std::unique_ptr<deployment::Admission> verdict) noexcept : verdict_{std::move(verdict)} {}
Admission::Admission(Admission&& other) noexcept = default;
Admission& Admission::operator=(Admission&& other) noexcept = default;
Admission::~Admission() = default;

bool Admission::isAdmitted() const noexcept { return verdict_ && !verdict_->rejection; }

HttpResponse Admission::refusal() const { return deployment::refusalOf(*verdict_); }

const HeaderFields& Admission::headers() const noexcept { return verdict_->headers; }
std::string_view Admission::subprotocol() const noexcept { return verdict_->subprotocol(); }
const EndpointConfig& Admission::endpoint() const noexcept { return verdict_->endpoint->config; }

HandshakeRequest handshakeFor(const HttpRequest& request, std::string target) {
    HandshakeRequest handshake;
    handshake.host = request.header("Host");
    handshake.uri = (request.secure ? "https://" : "http://") + handshake.host + target;
    handshake.target = std::move(target);
    handshake.secure = request.secure;
    handshake.headers = request.headers;
    handshake.remoteAddress = request.remoteAddress;
    handshake.throughProxy = request.throughProxy;
    return handshake;
}

Admission ServerContainer::admit(HandshakeRequest request) {
    request.offeredExtensions.clear();
    return Admission{std::make_unique<deployment::Admission>(deployments().admitNow(std::move(request)))};
}

void ServerContainer::admit(HandshakeRequest request, WhenAdmitted done, detail::ImagePin pin) {
    request.offeredExtensions.clear();
    // The pin goes last, with what its library destroys.
    const auto call = std::make_shared<const std::pair<detail::ImagePin, WhenAdmitted>>(std::move(pin), std::move(done));
    deployments().admitAndKeep(std::move(request), [call](deployment::Admission&& verdict) {
        guarded("handshakes", "who asked to admit a handshake", [&] { call->second(Admission{std::make_unique<deployment::Admission>(std::move(verdict))}); });
    });
}

CarrierInput ServerContainer::openSession(Admission admission, std::unique_ptr<Carrier> carrier, detail::ImagePin pin) {
    if (!admission.isAdmitted())
        throw std::logic_error{
            "openSession: this handshake was not admitted, or its session has begun; answer with its refusal()"};
    if (!carrier) throw std::invalid_argument{"openSession: a session needs a carrier"};
    const auto verdict = std::move(admission.verdict_);
    auto session = deployments().createSession(std::move(*verdict), deployments().state().chooseLoop());
    if (!session) return {};
    return CarrierInput{messaging::CarrierLink::open(std::move(session), std::move(carrier), std::move(pin))};
}

// ------------------------------------------------------------------------------------------------ what comes of the
// peer

Session CarrierInput::session() const { return link_ ? link_->session() : Session{}; }
bool CarrierInput::isOpen() const noexcept { return link_ && link_->isOpen(); }

Arrival CarrierInput::message(MessageKind kind, Bytes payload) const {
    return link_ ? link_->message(kind, payload) : Arrival::Ended;
}
Arrival CarrierInput::part(MessageKind kind, Bytes piece, PieceOf of) const {
    return link_ ? link_->part(kind, piece, of) : Arrival::Ended;
}
void CarrierInput::alive() const {
    if (link_) link_->alive();
}
void CarrierInput::pong(Bytes payload) const {
    if (link_) link_->pong(payload);
}
void CarrierInput::closed(CloseCode code, std::string_view text) const {
    if (link_) link_->closed(code, text);
}
void CarrierInput::lost(std::string_view why) const {
    if (link_) link_->lost(why);
}

}  // namespace patchbay
