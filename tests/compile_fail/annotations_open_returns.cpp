// EXPECT: Patchbay: ON_OPEN(joined): only message handlers return something; this one must return void
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_OPEN(joined)
    bool joined(Session session);
};

}  // namespace app
