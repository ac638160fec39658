// EXPECT: Patchbay: SERVER_ENDPOINT(Room,
// EXPECT: a variable stands twice in the path
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/{room}/{room}")
};

}  // namespace app
