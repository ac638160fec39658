// EXPECT: Patchbay: TOPIC(mayJoin, "{room}"): this is no static method: it is asked on whatever thread subscribes, also where there is no instance of the class
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
    TOPIC(mayJoin, "{room}")
public:
    bool mayJoin(const Principal& who, PathParam<"room"> room);
};

}  // namespace app
