// EXPECT: Patchbay: SERVER_ENDPOINT(Lobby, "/chat/{room}"): it stands in another class than it names
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

class Lobby {};

class Room {
    SERVER_ENDPOINT(Lobby, "/chat/{room}")
public:
    ON_MESSAGE(said)
    void said(std::string_view text);
};

}  // namespace app
