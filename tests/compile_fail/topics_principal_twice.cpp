// EXPECT: Patchbay: TOPIC(mayJoin, "{room}"): the same thing is asked for twice
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
    TOPIC(mayJoin, "{room}")
public:
    static bool mayJoin(const Principal& who, const Principal& whom);
};

}  // namespace app
