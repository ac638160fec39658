// EXPECT: Patchbay: ON_MESSAGE(said): nothing decodes the message parameter: a type with constructors or private members has no JSON form; use a plain struct
// EXPECT: app::Room
// EXPECT: app::Say
#include <patchbay/annotations.hpp>

namespace app {

class Say {
    std::string text_;
};

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    void said(const Say& say);
};

}  // namespace app
