// EXPECT: Patchbay: ON_OPEN(joined): a parameter is of a type that this handler cannot get; it may ask for Session, Principal, EndpointConfig and PathParam
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_OPEN(joined)
    void joined(Session session, CloseReason reason);
};

}  // namespace app
