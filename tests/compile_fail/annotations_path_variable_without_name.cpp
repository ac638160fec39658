// EXPECT: Patchbay: SERVER_ENDPOINT(Room,
// EXPECT: a variable is a whole segment, such as {room}
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{}")
};

}  // namespace app
