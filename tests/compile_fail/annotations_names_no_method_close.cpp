// EXPECT: Patchbay: ON_CLOSE(): it names no method; write ON_CLOSE(closed) above void closed(...)
#include <patchbay/annotations.hpp>

namespace app {

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_CLOSE()
    void closed(patchbay::CloseReason);
};

}  // namespace app
