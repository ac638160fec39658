// EXPECT: Patchbay: SERVER_ENDPOINT(Room, "/chat/{room}"): there is no such attribute; they are: subprotocols, configurator, origins, roles, idleTimeout, maxMessageSize, sendQueue, receiveQueue, maxMessageRate, maxByteRate, maxSessions, dispatch, typeTags, typeKey, allowUnknown
// EXPECT: idleTimout
#include <patchbay/annotations.hpp>

namespace app {

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}", .idleTimout = 5min)
};

}  // namespace app
