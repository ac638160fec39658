// EXPECT: Patchbay: TOPIC(mayJoin, "{room}"): the class has no method of that name, or several
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
    TOPIC(mayJoin, "{room}")
public:
    static bool mayRead(const Principal& who);
};

}  // namespace app
