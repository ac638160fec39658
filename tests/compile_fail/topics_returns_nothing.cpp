// EXPECT: Patchbay: TOPIC(mayJoin, "{room}"): this method must return bool: whether the user may join
// EXPECT: Returned<void>
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
    TOPIC(mayJoin, "{room}")
public:
    static void mayJoin(const Principal& who);
};

}  // namespace app
