// EXPECT: Patchbay: ON_MESSAGE(said): no parameter takes the message: add a text, bytes, a number or a struct
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    void said(Session session, PathParam<"room"> room);
};

}  // namespace app
