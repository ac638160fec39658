#pragma once
// The attributes of the annotations. All have defaults, so an annotation names only what it changes:
// `SERVER_ENDPOINT(Chat, "/chat/{room}", .subprotocols = {"chat.v1"}, .idleTimeout = 5min)`.

#include <patchbay/limits.hpp>
#include <patchbay/services.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

namespace patchbay {

class Configurator;

/// How an annotation names its configurator (configurator.hpp); its constructor gets services like an endpoint's.
using ConfiguratorFactory = std::shared_ptr<Configurator> (*)(const Services&);

template <class C>
std::shared_ptr<Configurator> configuredBy(const Services& services) {
    static_assert(std::is_base_of_v<Configurator, C>,
                  "Patchbay: configuredBy: this class does not derive from patchbay::Configurator");
    if constexpr (std::is_base_of_v<Configurator, C>) {
        return detail::construct<C>(services);
    } else {
        return nullptr;  // the build has failed
    }
}

/// Whether structs carry their name on the wire, under `typeKey`. What comes in may have it in any case, and needs it where the
/// endpoint has several typed handlers, or a typed one beside an untyped text handler; the structs of a variant always have it.
/// What has it can have no member called like the key: that does not compile where a handler takes or returns it, and is a
/// json::EncodeError where it is sent or published, in a variant too.
enum class TypeTags : std::uint8_t {
    Auto,    ///< whatever goes out has it
    Always,  ///< and whatever comes in must, also for a single typed handler
    Never,   ///< what goes out has none
};

/// Where the handlers of an endpoint run.
enum class Dispatch : std::uint8_t {
    Loop,    ///< on the session's event loop: for handlers that never wait, the fastest way
    Worker,  ///< on the server's pool of threads (`server.workers`): for handlers that may block; a constructor never may
};

/// The attributes of SERVER_ENDPOINT.   Source: Jakarta WebSocket §4.1
struct ServerEndpointOptions {
    std::vector<std::string_view> subprotocols = {};
    /// Decides about this endpoint's handshakes: `configuredBy<Doorman>`.
    ConfiguratorFactory configurator = nullptr;
    /// Origins beside the server's own, such as "https://chat.example"; "https://*.chat.example" for all subdomains, "*" for
    /// every one.
    std::vector<std::string_view> origins = {};
    /// The peer's principal needs one of these; without one the handshake is answered with 401, with others 403.
    std::vector<std::string_view> roles = {};
    /// How long the peer may be silent; zero is for ever. None: as the server's limits say.
    std::optional<std::chrono::milliseconds> idleTimeout = std::nullopt;
    /// Units: bytes. The largest message of handlers that set none of their own; 0: as the server's limits say.
    std::size_t maxMessageSize = 0;
    /// What it leaves out is as the server's limits say.
    SendQueueChange sendQueue = {};
    /// Units: bytes. What may wait for handlers that are busy before the server stops reading; 0: as the server's limits say.
    std::size_t receiveQueue = 0;
    /// Units: messages, and bytes, in a second. A peer that sends faster is read more slowly; 0: as the server's limits say.
    std::size_t maxMessageRate = 0;
    std::size_t maxByteRate = 0;
    /// How many sessions at a time; one more is answered with 503. 0: as the server's limits say.
    std::size_t maxSessions = 0;
    /// Open, message, close and error handlers and tasks, one at a time for each session in either case. Hooks stay on the loop.
    Dispatch dispatch = Dispatch::Loop;
    TypeTags typeTags = TypeTags::Auto;
    /// The member that holds a struct's name.
    std::string_view typeKey = "type";
    /// Members that a struct does not have are skipped, not refused.
    bool allowUnknown = false;
};

/// The roles of a handler, as constants.
class RoleList {
public:
    static constexpr std::size_t kMost = 8;
    constexpr RoleList() noexcept = default;
    /// Requires: at most kMost; with more the build fails.
    constexpr RoleList(std::initializer_list<std::string_view> roles) {
        for (const std::string_view role : roles) roles_.at(count_++) = role;
    }
    constexpr bool empty() const noexcept { return count_ == 0; }
    constexpr const std::string_view* begin() const noexcept { return roles_.data(); }
    constexpr const std::string_view* end() const noexcept { return roles_.data() + count_; }

private:
    std::array<std::string_view, kMost> roles_{};
    std::size_t count_ = 0;
};

/// The attributes of ON_MESSAGE.   Source: Jakarta WebSocket §4.7
struct MessageOptions {
    /// Units: bytes of the whole message; 0: as the endpoint says. A larger one goes to the error handler as
    /// MessageTooBig and closes the session with 1009.
    std::size_t maxMessageSize = 0;
    /// The peer's principal needs one of these; without, the message is not decoded and the error handler gets a Forbidden.
    RoleList roles = {};
};

}  // namespace patchbay
