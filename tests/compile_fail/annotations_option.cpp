// EXPECT: idleTimout
#include <patchbay/annotations.hpp>

namespace app {

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}", .idleTimout = 5min)
};

}  // namespace app
