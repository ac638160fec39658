// EXPECT: Patchbay: ON_MESSAGE(said): the class is too long
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
#line 5000
    ON_MESSAGE(said)
    void said(std::string_view text);
};

}  // namespace app
