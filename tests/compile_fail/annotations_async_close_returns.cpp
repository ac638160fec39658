// EXPECT: Patchbay: ON_CLOSE(left): only message handlers return something; this one must return void or Async<void>
// EXPECT: app::Room
#include <patchbay/annotations.hpp>
#include <patchbay/async.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_CLOSE(left)
    Async<std::string> left();
};

}  // namespace app
