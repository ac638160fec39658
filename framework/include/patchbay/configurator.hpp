#pragma once
// Configurator: an endpoint's say in its own handshakes. One object per endpoint, shared by all its connections, so
// what belongs to one user must not live in its fields.

#include <patchbay/client_certificate.hpp>
#include <patchbay/endpoint_config.hpp>
#include <patchbay/extension_terms.hpp>
#include <patchbay/header_fields.hpp>
#include <patchbay/principal.hpp>
#include <patchbay/session.hpp>

#include <any>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay {

class HandshakeCompletion;
namespace deployment {
class Deferral;
class Deployments;
}  // namespace deployment

/// The client's opening handshake.   Source: RFC 6455 §4.1
struct HandshakeRequest {
    std::string uri;     ///< with scheme, host and query
    std::string target;  ///< path and query as they came
    std::string host;    ///< that was asked for: of the Host header, or what a trusted proxy says of it
    bool secure = false;
    HeaderFields headers;
    std::string remoteAddress;  ///< of the client; behind a trusted proxy perhaps without a port
    std::vector<std::string> offeredSubprotocols;
    std::vector<ExtensionTerms> offeredExtensions;
    /// What a TLS client has shown of itself, its own first; empty unless the address asks for it (`clientCertificates`).
    std::vector<ClientCertificate> clientCertificates;
    /// One of the server's `trustedProxies` has passed it on: `host`, `secure` and `remoteAddress` are what that says.
    bool throughProxy = false;

    std::string_view header(std::string_view name) const noexcept { return findHeader(headers, name); }
    std::string queryParameter(std::string_view name) const;
};

/// What goes back to the client, and what the session starts with. reject() turns the 101 into a refusal.
class HandshakeResponse {
public:
    /// Headers to add to the answer, a 101 or a refusal.
    HeaderFields headers;
    /// Who the peer is, from here on.
    Principal principal;
    /// The session's first properties; each connection gets its own.   Source: Jakarta WebSocket §3.1.5
    std::map<std::string, std::any, std::less<>> properties;
    /// How long a peer that nobody knows may take, where the endpoint asks for roles, to say who it is by a message: until a
    /// MessageInterceptor has called Session::setPrincipal() with a name. Before that its session is of listeners and interceptors alone:
    /// no handler runs, the others do not see it, and a message that no interceptor drops ends it with 1008, as does the end of that
    /// time. An interceptor that has to ask somebody else pauses receiving meanwhile (Session::pauseReceiving), so that what comes behind
    /// waits. None: such a peer is answered with 401.
    std::optional<std::chrono::milliseconds> authenticateWithin;

    /// Refuses the connection with an HTTP status, headers and a body.
    /// Requires: `status` is 400–599.   Errors: std::invalid_argument otherwise.
    void reject(int status, HeaderFields extraHeaders = {}, std::string body = {});

    struct Rejection {
        int status;
        HeaderFields headers;
        std::string body;
    };
    const std::optional<Rejection>& rejection() const noexcept { return rejection_; }

    /// For a hook that has to ask somebody else first: the handshake waits, and holds no thread, until what this returns is finished. Those
    /// behind it in the chain are asked then.
    ///     void onHandshake(const HandshakeRequest& request, HandshakeResponse& response) override {
    ///         executor_.post([this, waiting = response.defer(), token = tokenOf(request)] { waiting.finish(introspect(token)); });
    ///     }
    /// Bounds: `limits.handshakeTimeout`, then the client gets 503; so many as `server.pendingHandshakes` at a time, one more gets 503.
    /// Errors: std::logic_error the second time.   Requires: within the call that got this response; its request lives no longer.
    HandshakeCompletion defer();

private:
    friend class deployment::Deployments;
    std::optional<Rejection> rejection_;
    std::shared_ptr<deployment::Deferral> deferral_;
};

/// The verdict on a handshake that a hook has deferred. Copies are of one; with the last of them a handshake without a verdict is
/// answered with 500.   Thread: any, also after the server has gone.
class HandshakeCompletion {
public:
    explicit HandshakeCompletion(std::shared_ptr<void> ticket) noexcept : ticket_{std::move(ticket)} {}

    /// The handshake goes on, on its loop: with the rejection of `verdict`, or with its headers behind those that are there, its principal
    /// where that is somebody, its properties, its authenticateWithin. The first counts; one that nobody waits for is dropped.
    void finish(HandshakeResponse verdict) const noexcept;
    /// False from the moment that nobody waits for it: the client has gone, its time is over, the server stops, or it has a verdict.
    bool isWanted() const noexcept;

private:
    std::shared_ptr<void> ticket_;
};

/// Derive from it and name it in the annotation: `.configurator = configuredBy<Doorman>`.
/// Thread: the loops, and wherever ServerContainer::admit() is called; several connections at once.   Errors: what a hook throws is logged and answered with 500.
/// Source: Jakarta WebSocket §3.1 (ServerEndpointConfig.Configurator)
class Configurator {
public:
    virtual ~Configurator() = default;

    /// True lets the Origin in. The default allows the server's own origin and those that the endpoint lists.
    /// Source: RFC 6455 §10.2
    virtual bool checkOrigin(const HandshakeRequest& request, const EndpointConfig& endpoint, std::string_view origin);

    /// The subprotocol to agree on; empty for none. The default takes the client's first choice that the endpoint has.
    /// Source: RFC 6455 §4.2.2, Jakarta WebSocket §3.1.2
    virtual std::string negotiatedSubprotocol(const EndpointConfig& endpoint, std::span<const std::string> offered);

    /// The extensions that may be used, of those offered: the first that the server has is taken. The default leaves them
    /// all; an endpoint whose messages gain nothing from compression returns none.
    /// Source: RFC 6455 §9.1, Jakarta WebSocket §3.1.3
    virtual std::vector<ExtensionTerms> negotiatedExtensions(const EndpointConfig& endpoint,
                                                             std::span<const ExtensionTerms> offered);

    /// The last word: sees the request, may add headers, name a principal, set properties or reject.
    virtual void modifyHandshake(const HandshakeRequest& request, HandshakeResponse& response);

    /// The object that serves this connection; nullptr lets the framework construct one.
    /// Requires: it is of the annotated class.   Source: Jakarta WebSocket §3.1.7
    virtual std::shared_ptr<void> endpointInstance(const HandshakeRequest& request);
};

}  // namespace patchbay
