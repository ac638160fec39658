// EXPECT: Patchbay: TOPIC(mayJoin, "{room}"): there is no such attribute; they are: history
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
    TOPIC(mayJoin, "{room}", .histroy = {})
public:
    static bool mayJoin(const Principal& who, PathParam<"room"> room);
};

}  // namespace app
