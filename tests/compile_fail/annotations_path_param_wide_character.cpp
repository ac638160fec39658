// EXPECT: Patchbay: ON_OPEN(joined): a PathParam is text (std::string_view, std::string), a number or bool
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_OPEN(joined)
    void joined(PathParam<"room", char32_t> room);
};

}  // namespace app
