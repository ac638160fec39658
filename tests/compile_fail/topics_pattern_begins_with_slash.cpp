// EXPECT: Patchbay: TOPIC(mayJoin, "/{room}"): the pattern has an empty segment; it begins with none
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
    TOPIC(mayJoin, "/{room}")
public:
    static bool mayJoin(const Principal& who, PathParam<"room"> room);
};

}  // namespace app
