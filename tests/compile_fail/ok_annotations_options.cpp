// Every attribute; and none, in a class that has no handlers either.
#include <patchbay/annotations.hpp>
#include <patchbay/configurator.hpp>

namespace app {

class Doorman : public patchbay::Configurator {};

constexpr std::string_view kPath = "/chat/{room}";

class Room {
    SERVER_ENDPOINT(Room, kPath, .subprotocols = {"chat.v1", "chat.v2"}, .configurator = configuredBy<Doorman>,
                    .origins = {"https://chat.example"}, .roles = {"member"}, .idleTimeout = 90s,
                    .maxMessageSize = 1_MiB, .sendQueue = {.bytes = 64_KiB, .whenFull = DropOldest},
                    .receiveQueue = 256_KiB, .maxSessions = 100, .typeTags = patchbay::TypeTags::Always, .typeKey = "kind",
                    .allowUnknown = true)
public:
    ON_MESSAGE(said, .maxMessageSize = 4_KiB, .roles = {"a", "b", "c", "d", "e", "f", "g", "h"})
    void said(std::string_view text, const patchbay::Principal& who);
};

/// What stands in a value is no attribute.
class Quoting {
    SERVER_ENDPOINT(Quoting, "/quoting", .origins = {"https://a.example, .zzz = 1", "\", .zzz"}, .idleTimeout = 10'000ms,
                    .maxMessageSize = sizeof(", .zzz = ") + ',', .sendQueue{.bytes = 64_KiB}, .typeKey="kind")
public:
    ON_MESSAGE(said, .maxMessageSize=4_KiB)
    void said(std::string_view text);
};

class Silent {
    SERVER_ENDPOINT(Silent, "/")
};

}  // namespace app
