// EXPECT: Patchbay: SERVER_ENDPOINT(Room, "/chat/room-{room}"): a variable is a whole segment, such as {room}
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/room-{room}")
};

}  // namespace app
