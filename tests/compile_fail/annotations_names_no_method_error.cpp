// EXPECT: Patchbay: ON_ERROR(): it names no method; write ON_ERROR(failed) above void failed(...)
#include <patchbay/annotations.hpp>

namespace app {

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_ERROR()
    void failed(std::exception_ptr);
};

}  // namespace app
