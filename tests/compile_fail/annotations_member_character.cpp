// EXPECT: Patchbay: ON_MESSAGE(said): nothing decodes the message parameter: a character type is neither text nor number; use std::string or std::int8_t
// EXPECT: app::Room
// EXPECT: char
#include <patchbay/annotations.hpp>

namespace app {

struct Say {
    std::vector<char> text;
};

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    void said(const Say& say);
};

}  // namespace app
