// EXPECT: Patchbay: TOPIC(mayJoin, "{room}"): a parameter is of a type that this method cannot get; it may ask for Principal and PathParam
// EXPECT: patchbay::Session
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
    TOPIC(mayJoin, "{room}")
public:
    static bool mayJoin(const Session& session);
};

}  // namespace app
