// EXPECT: Patchbay: this class has no SERVER_ENDPOINT of its own; a base class's annotations do not count
// EXPECT: app::QuietRoom
#include <patchbay/annotations.hpp>
#include <patchbay/server.hpp>

namespace app {

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    void said(std::string_view text);
};

class QuietRoom : public Room {};

void install(patchbay::Server& server) { server.deploy<QuietRoom>(); }

}  // namespace app
