// EXPECT: Patchbay: SERVER_ENDPOINT(Room, "/chat/{room}"): each attribute stands once, in this order: subprotocols, configurator, origins, roles, idleTimeout, maxMessageSize, sendQueue, receiveQueue, maxMessageRate, maxByteRate, maxSessions, dispatch, typeTags, typeKey, allowUnknown
#include <patchbay/annotations.hpp>

namespace app {

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}", .maxMessageSize = 64_KiB, .idleTimeout = 5min)
public:
    ON_MESSAGE(said)
    void said(std::string_view text);
};

}  // namespace app
