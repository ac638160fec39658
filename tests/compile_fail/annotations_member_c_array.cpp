// EXPECT: Patchbay: ON_MESSAGE(said): nothing decodes the message parameter: a C array cannot be read or written; use std::array
// EXPECT: app::Room
// EXPECT: app::Say
#include <patchbay/annotations.hpp>

namespace app {

struct Say {
    char text[16];
};

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    void said(const Say& say);
};

}  // namespace app
