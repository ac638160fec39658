// EXPECT: Patchbay: TOPIC(mayJoin, "{room}/news"): a PathParam names a variable that the pattern does not have
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
    TOPIC(mayJoin, "{room}/news")
public:
    static bool mayJoin(PathParam<"roam"> room);
};

}  // namespace app
