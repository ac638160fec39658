// EXPECT: Patchbay: ON_OPEN(): it names no method; write ON_OPEN(opened) above void opened(...)
#include <patchbay/annotations.hpp>

namespace app {

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_OPEN()
    void opened(patchbay::Session);
};

}  // namespace app
