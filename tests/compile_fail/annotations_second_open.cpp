// EXPECT: Patchbay: ON_OPEN(came): the class has an open handler already
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_OPEN(joined)
    void joined(Session session);
    ON_OPEN(came)
    void came();
};

}  // namespace app
