// EXPECT: Patchbay: ON_CLOSE(left): a PathParam is text (std::string_view, std::string), a number or bool
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

struct Name {
    std::string text;
};

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_CLOSE(left)
    void left(PathParam<"room", Name> room);
};

}  // namespace app
