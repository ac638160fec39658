// EXPECT: Patchbay: ON_MESSAGE(said): another annotation stands on the same line; each has a line of its own
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_OPEN(joined) void joined(); ON_MESSAGE(said) void said(std::string_view text);
};

}  // namespace app
