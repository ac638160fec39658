// EXPECT: Patchbay: ON_CLOSE(left): a parameter is of a type that this handler cannot get; it may ask for Session, Principal, CloseReason and PathParam, by value or const reference
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_CLOSE(left)
    void left(CloseReason reason, const std::string& text);
};

}  // namespace app
