// EXPECT: Patchbay: SERVER_ENDPOINT(Room,
// EXPECT: the path has a '.' or '..' segment
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/../{room}")
};

}  // namespace app
