// Who may connect: the part of Deployments that judges handshakes.

#include "deployment/Deployments.hpp"

#include "base/Guarded.hpp"
#include "base/Log.hpp"
#include "base/Utf8.hpp"

#include <algorithm>

namespace patchbay::deployment {
namespace {

HandshakeResponse::Rejection refusal(int status, std::string text, HeaderFields headers = {}) {
    return {status, std::move(headers), std::move(text)};
}

std::string_view pathOf(std::string_view target) { return target.substr(0, target.find('?')); }

/// True where a proxy in between may have left out the port of what its client asked for.
bool hidesThePort(std::string_view host, std::string_view origin) {
    return !host.empty() && origin.find("://" + std::string{host} + ':') != std::string_view::npos;
}

std::optional<HandshakeResponse::Rejection> checkRoles(const Principal& principal, const EndpointConfig& config) {
    if (principal.hasOneOf(config.roles)) return std::nullopt;
    if (!principal.isSomebody()) return refusal(401, "this endpoint needs a signed-in user\n", {{"WWW-Authenticate", "Bearer"}});
    return refusal(403, "this endpoint needs a role that you do not have\n");
}

}  // namespace

HttpResponse refusalOf(const Admission& admission) {
    HttpResponse answer{admission.rejection->status, admission.headers, admission.rejection->body};
    answer.headers.insert(answer.headers.end(), admission.rejection->headers.begin(), admission.rejection->headers.end());
    return answer;
}

Admission Deployments::admit(const HandshakeRequest& request) {
    const detail::Labelled labelled{detail::runningHere(), "a handshake"};
    Admission admission;
    if (const auto thrown = thrownBy([&] { judge(request, admission); })) {
        const std::string_view source = admission.endpoint ? std::string_view{admission.endpoint->config.path} : "handshakes";
        log::error(source, "the handshake failed: " + *thrown);
        admission.rejection = refusal(500, "the server could not complete the handshake\n");
    }
    return admission;
}

void Deployments::judge(const HandshakeRequest& request, Admission& admission) {
    const auto reject = [&](HandshakeResponse::Rejection why) { admission.rejection = std::move(why); };
    if (isDraining()) return reject(refusal(503, "the server is shutting down\n", {{"Retry-After", "5"}}));
    const auto current = table();
    auto match = current->endpointPaths.match(pathOf(request.target));
    if (!match) return reject(refusal(404, "there is no WebSocket endpoint at this path\n"));
    admission.endpoint = current->endpoints[match->target];
    auto& endpoint = *admission.endpoint;
    Configurator& configurator = *endpoint.configurator;

    const std::string_view origin = request.header("Origin");
    if (!origin.empty() && !configurator.checkOrigin(request, endpoint.config, origin)) {
        log::info(endpoint.config.path, "refused a handshake from origin " + std::string{origin} + " to the host " + request.host +
                                            "; add it to the endpoint's origins if it belongs to you" +
                                            (hidesThePort(request.host, origin) ? ", or your proxy to server.trustedProxies" : ""));
        return reject(refusal(403, "this origin may not connect\n"));
    }
    HandshakeResponse response;
    admission.start.subprotocol = configurator.negotiatedSubprotocol(endpoint.config, request.offeredSubprotocols);
    agreeOnExtension(request, admission);
    for (const auto& interceptor : state_->handshakeInterceptors) {
        interceptor->onHandshake(request, response);
        if (response.rejection()) break;
    }
    if (!response.rejection()) configurator.modifyHandshake(request, response);
    admission.headers = std::move(response.headers);
    if (response.rejection()) return reject(*response.rejection());
    if (!isUtf8(asBytes(response.principal.name)) || !isUtf8(asBytes(response.principal.displayName))) return reject(refusal(400, "the name of this user is not UTF-8\n"));
    if (response.principal.expires && *response.principal.expires <= state_->loops.front()->timeOfDay()) {
        return reject(refusal(401, "these credentials have expired\n", {{"WWW-Authenticate", "Bearer error=\"invalid_token\""}}));
    }
    auto missing = checkRoles(response.principal, endpoint.config);
    const bool mayStillSay = missing && missing->status == 401 && response.authenticateWithin;
    if (missing && !mayStillSay) return reject(std::move(*missing));
    const std::size_t most = endpoint.config.limits.maxSessions;
    if (most != 0 && endpoint.sessionCount() >= most) {
        return reject(refusal(503, "this endpoint is full\n", {{"Retry-After", "5"}}));
    }
    auto instance = configurator.endpointInstance(request);
    const auto& model = endpoint.code->model;
    if (!instance && !model.asksForSession) {
        try {
            instance = model.construct(endpoint.services, {.session = {}, .path = match->values});
        } catch (const detail::BadPathVariable& error) {
            return reject(refusal(400, std::string{error.what()} + '\n'));
        }
    }
    admission.start = {request.uri,          std::move(admission.start.subprotocol),
                       std::move(admission.start.extensions), request.remoteAddress, request.secure,
                       std::move(match->values), std::move(response.principal),
                       mayStillSay ? response.authenticateWithin : std::nullopt,
                       std::move(response.properties), std::move(instance)};
}

void Deployments::agreeOnExtension(const HandshakeRequest& request, Admission& admission) {
    const auto& endpoint = *admission.endpoint;
    for (const ExtensionTerms& offer : endpoint.configurator->negotiatedExtensions(endpoint.config, request.offeredExtensions)) {
        for (const auto& factory : extensions_) {
            if (factory->name() != offer.name) continue;
            auto agreed = factory->accept(offer);
            if (!agreed) continue;
            admission.extension = {factory.object.get(), std::move(agreed->extension)};
            admission.start.extensions = {std::move(agreed->answer)};
            return;
        }
    }
}

}  // namespace patchbay::deployment
