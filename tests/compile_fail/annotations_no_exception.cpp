// EXPECT: Patchbay: ON_ERROR(failed): an error handler needs the exception
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_ERROR(failed)
    void failed(Session session);
};

}  // namespace app
