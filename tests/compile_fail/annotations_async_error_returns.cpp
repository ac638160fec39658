// EXPECT: Patchbay: ON_ERROR(failed): only message handlers return something; this one must return void or Async<void>
// EXPECT: app::Room
#include <patchbay/annotations.hpp>
#include <patchbay/async.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_ERROR(failed)
    Async<int> failed(std::exception_ptr error);
};

}  // namespace app
