// EXPECT: Patchbay: ON_MESSAGE(said): this is no member function of the class
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    int said = 0;
};

}  // namespace app
