// EXPECT: Patchbay: ON_CLOSE(went): the class has a close handler already
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_CLOSE(left)
    void left(CloseReason reason);
    ON_CLOSE(went)
    void went();
};

}  // namespace app
