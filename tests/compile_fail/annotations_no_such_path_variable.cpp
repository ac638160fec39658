// EXPECT: Patchbay: ON_OPEN(joined): a PathParam names a variable that the endpoint's path does not have
// EXPECT: app::Room
// EXPECT: PathVariable<Text<"roam">>, Path<Text<"/chat/{room}">>
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_OPEN(joined)
    void joined(Session session, PathParam<"roam"> room);
};

}  // namespace app
