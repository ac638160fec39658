// EXPECT: Patchbay: SERVER_ENDPOINT(Room,
// EXPECT: the path has a character that is not allowed
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}?as=guest")
};

}  // namespace app
