// EXPECT: Patchbay: this class has no SERVER_ENDPOINT of its own
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

class Room {};

const auto model = patchbay::detail::makeModel<Room>();

}  // namespace app
