// EXPECT: Patchbay: ON_ERROR(failed): a handler that returns Async takes the exception as std::exception_ptr: any other is gone when it goes on
// EXPECT: app::Room
#include <patchbay/annotations.hpp>
#include <patchbay/async.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_ERROR(failed)
    Async<void> failed(DecodeError error);
};

}  // namespace app
