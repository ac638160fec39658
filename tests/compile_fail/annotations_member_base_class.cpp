// EXPECT: Patchbay: ON_MESSAGE(said): nothing decodes the message parameter: a struct with a base class cannot be read or written; make the base a field
// EXPECT: app::Room
// EXPECT: app::Say
#include <patchbay/annotations.hpp>

namespace app {

struct Message {
    int number;
};
struct Say : Message {
    std::string text;
};

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    void said(const Say& say);
};

}  // namespace app
