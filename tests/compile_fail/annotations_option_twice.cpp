// EXPECT: Patchbay: SERVER_ENDPOINT(Room, "/chat/{room}"): each attribute stands once, in this order: subprotocols,
#include <patchbay/annotations.hpp>

namespace app {

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}", .origins = {"*"}, .origins = {"https://chat.example"})
};

}  // namespace app
