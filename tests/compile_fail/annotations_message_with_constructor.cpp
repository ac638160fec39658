// EXPECT: Patchbay: ON_MESSAGE(said): nothing decodes the message parameter
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Say {
public:
    explicit Say(std::string text);
};

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    void said(const Say& say);
};

}  // namespace app
