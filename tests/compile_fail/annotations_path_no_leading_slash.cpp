// EXPECT: Patchbay: SERVER_ENDPOINT(Room, "chat/{room}"): the path must start with '/'
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "chat/{room}")
};

}  // namespace app
