#include "base/Origin.hpp"
#include "base/Uri.hpp"
#include "protocol/HttpGrammar.hpp"

#include <patchbay/configurator.hpp>

#include <algorithm>
#include <stdexcept>

namespace patchbay {
namespace {

struct Origin {
    std::string_view scheme;
    std::string_view authority;  // without a port that is the scheme's own
};

std::string_view withoutPort(std::string_view authority, std::string_view port) {
    if (authority.ends_with(port)) authority.remove_suffix(port.size());
    return authority;
}

Origin parse(std::string_view origin) {
    const std::size_t colon = origin.find("://");
    if (colon == std::string_view::npos) return {};  // "null" among them
    const std::string_view scheme = origin.substr(0, colon);
    return {scheme, withoutPort(origin.substr(colon + 3), scheme == "https" ? ":443" : ":80")};
}

bool hasPort(std::string_view authority) {
    const std::size_t colon = authority.rfind(':');
    return colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
}

/// True for a page that this very server has delivered. Behind a proxy that ends TLS the page's scheme is https and the
/// connection is not; the other way round is never right. A trusted proxy may keep its port to itself.
bool isSameOrigin(const HandshakeRequest& request, std::string_view text) {
    const Origin origin = parse(text);
    if (origin.authority.empty() || (request.secure && origin.scheme != "https")) return false;
    if (request.throughProxy && !hasPort(request.host)) {
        const bool named = hasPort(origin.authority);
        return protocol::equalsIgnoringCase(origin.authority.substr(0, named ? origin.authority.rfind(':') : origin.authority.size()), request.host);
    }
    return protocol::equalsIgnoringCase(origin.authority, withoutPort(request.host, origin.scheme == "https" ? ":443" : ":80"));
}

}  // namespace

std::string HandshakeRequest::queryParameter(std::string_view name) const {
    return patchbay::queryParameter(target, name);
}

void HandshakeResponse::reject(int status, HeaderFields extraHeaders, std::string body) {
    if (status < 400 || status > 599) {
        throw std::invalid_argument{"reject: " + std::to_string(status) + " is no refusal; use 400 to 599"};
    }
    rejection_ = Rejection{status, std::move(extraHeaders), std::move(body)};
}

bool Configurator::checkOrigin(const HandshakeRequest& request, const EndpointConfig& endpoint, std::string_view origin) {
    if (isSameOrigin(request, origin)) return true;
    const std::string normal = normalOrigin(origin);
    return std::ranges::any_of(endpoint.origins, [&](const auto& entry) { return allowsOrigin(entry, normal); });
}

std::string Configurator::negotiatedSubprotocol(const EndpointConfig& endpoint, std::span<const std::string> offered) {
    for (const std::string& wanted : offered) {
        const auto found = std::find(endpoint.subprotocols.begin(), endpoint.subprotocols.end(), wanted);
        if (found != endpoint.subprotocols.end()) return *found;
    }
    return {};
}

std::vector<ExtensionTerms> Configurator::negotiatedExtensions(const EndpointConfig&, std::span<const ExtensionTerms> offered) {
    return {offered.begin(), offered.end()};
}

void Configurator::modifyHandshake(const HandshakeRequest&, HandshakeResponse&) {}

std::shared_ptr<void> Configurator::endpointInstance(const HandshakeRequest&) { return nullptr; }

}  // namespace patchbay
