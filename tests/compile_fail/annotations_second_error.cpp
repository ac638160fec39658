// EXPECT: Patchbay: ON_ERROR(broke): the class has a handler for this exception already
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_ERROR(failed)
    void failed(const std::exception& error);
    ON_ERROR(broke)
    void broke(Session session, std::exception error);
};

}  // namespace app
