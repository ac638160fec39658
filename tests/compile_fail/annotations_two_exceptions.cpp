// EXPECT: Patchbay: ON_ERROR(failed): two parameters take the exception; exactly one may
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_ERROR(failed)
    void failed(const std::exception& error, std::exception_ptr other);
};

}  // namespace app
