// EXPECT: Patchbay: ON_OPEN(joined): the same thing is asked for twice
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_OPEN(joined)
    void joined(const Principal& one, Session session, Principal other);
};

}  // namespace app
