// EXPECT: Patchbay: TOPIC(mayRead, "{room}"): the class has a TOPIC of this pattern already
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
    TOPIC(mayJoin, "{room}")
    TOPIC(mayRead, "{room}")
public:
    static bool mayJoin(const Principal& who, PathParam<"room"> room);
    static bool mayRead(const Principal& who);
};

}  // namespace app
