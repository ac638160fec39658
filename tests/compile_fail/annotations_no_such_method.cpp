// EXPECT: Patchbay: ON_OPEN(joined): the class has no method of that name, or several: an overloaded method, a template and one that returns auto cannot be a handler
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_OPEN(joined)
    void join(Session session);
};

}  // namespace app
