// EXPECT: Patchbay: ON_MESSAGE(said): this is no member function of the class (a static one cannot be a handler)
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    static void said(std::string_view text);
};

}  // namespace app
