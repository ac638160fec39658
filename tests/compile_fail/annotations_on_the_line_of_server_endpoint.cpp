// EXPECT: Patchbay: ON_OPEN(joined): another annotation stands on the same line; each has a line of its own
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

class Room {
    SERVER_ENDPOINT(Room, "/chat") ON_OPEN(joined) void joined();
};

}  // namespace app
