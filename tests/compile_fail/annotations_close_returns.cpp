// EXPECT: Patchbay: ON_CLOSE(left): only message handlers return something; this one must return void
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_CLOSE(left)
    std::string left(CloseReason reason);
};

}  // namespace app
