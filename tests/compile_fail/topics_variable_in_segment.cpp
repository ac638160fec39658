// EXPECT: Patchbay: TOPIC(mayJoin, "room-{room}"): a variable is a whole segment, such as {room}
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
    TOPIC(mayJoin, "room-{room}")
public:
    static bool mayJoin(const Principal& who, PathParam<"room"> room);
};

}  // namespace app
