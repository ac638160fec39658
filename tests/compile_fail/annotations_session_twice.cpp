// EXPECT: Patchbay: ON_MESSAGE(said): the same thing is asked for twice
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    void said(Session one, std::string_view text, const Session& other);
};

}  // namespace app
