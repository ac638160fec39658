#pragma once
// What the gate asks of those above it: what is at this path? who takes this upgrade? Nothing here knows a session.

#include "http/Client.hpp"
#include "http/RequestHead.hpp"
#include "protocol/Handshake.hpp"
#include "transport/ConnectionPlace.hpp"
#include "transport/Channel.hpp"

#include <patchbay/client_certificate.hpp>
#include <patchbay/detail/HttpHandlers.hpp>
#include <patchbay/http.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace patchbay::http {

/// Who answers requests of one method for one path.
struct Route {
    detail::ImagePin pin;  // first: goes last
    std::string method;
    std::string path;
    std::variant<HttpHandler, detail::AsyncHttpHandler> handler;  ///< on a worker; on the loop
    bool isHealth = false;  ///< answered also where the server has no room for whoever asks
    const char* label = nullptr;                                  ///< such as `GET /rooms/{room}` (Labels.hpp)
};

/// How a request fares, as its method and path have it.
struct Match {
    const Route* route = nullptr;  ///< nullptr: `refusal`
    std::vector<std::pair<std::string, std::string>> pathParameters;
    HttpResponse refusal;
    std::shared_ptr<const void> keep;  ///< of the table that holds the route
};

/// Takes a connection over. Destroyed without takeOver() nothing has come of it.
class Successor {
public:
    Successor() = default;
    Successor(const Successor&) = delete;
    virtual ~Successor() = default;
    /// The 101 is queued; `firstBytes` came right behind the request.
    /// Thread: the channel's loop.   Requires: kSlackBytes behind `firstBytes` may be read.
    virtual void takeOver(transport::Channel::Pointer channel, transport::ConnectionPlace place,
                          std::span<std::byte> firstBytes) = 0;
};

/// A handshake that is well-formed.
struct UpgradeRequest {
    const RequestHead& head;
    protocol::ServerHandshake& handshake;  ///< its lists may be taken out
    const Client& client;
    std::size_t loopIndex;
    std::vector<ClientCertificate> clientCertificates;  ///< of a TLS client that was asked
};

/// The verdict on a handshake: a refusal, or who takes over.
struct Upgrade {
    std::optional<HttpResponse> refusal;
    HeaderFields fields;  ///< to add to the 101
    std::string subprotocol;
    std::vector<ExtensionTerms> extensions;
    std::unique_ptr<Successor> successor;
};

/// Takes the verdict on a handshake.
using Decided = std::function<void(Upgrade&&)>;

class Site {
public:
    /// Thread: any.   Units of `path`: as it came, without the query.
    virtual Match find(std::string_view method, std::string_view path) const = 0;
    /// Calls `decided` once: within this call, and returns nullptr; or later on the loop, unless what is returned is destroyed before.
    /// Thread: the connection's loop.   Errors: none thrown.
    virtual std::shared_ptr<void> upgrade(const UpgradeRequest& request, Decided decided) = 0;
    /// True when somebody's pages of this host may connect: then it is a name of this server's too (AllowedHosts.hpp).
    /// Thread: any.   Units of `name`: the one form.
    virtual bool knowsHost(std::string_view name) const = 0;
    /// Whether a connection of that address may stay until it asks for something. Where it may, endsSilence() is called once.
    /// Thread: its loop, as the following.
    virtual bool beginsSilence(std::string_view) noexcept { return true; }
    /// It has asked, or has ended.
    virtual void endsSilence(std::string_view) noexcept {}
    /// True from the moment on at which the server is to end: connections end with their answers.   Thread: any.
    virtual bool isStopping() const noexcept = 0;

protected:
    ~Site() = default;
};

}  // namespace patchbay::http
