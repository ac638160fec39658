// EXPECT: Patchbay: ON_MESSAGE(said): nothing decodes the message parameter
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    void said(char16_t letter);
};

}  // namespace app
