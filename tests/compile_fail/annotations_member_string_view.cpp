// EXPECT: Patchbay: ON_MESSAGE(said): nothing decodes the message parameter: a std::string_view cannot be read, nothing owns its text; use std::string
// EXPECT: app::Room
// EXPECT: string_view
#include <patchbay/annotations.hpp>

namespace app {

struct Say {
    std::string_view text;
};

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    void said(const Say& say);
};

}  // namespace app
