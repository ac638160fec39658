// EXPECT: Patchbay: ON_ERROR(failed): only message handlers return something; this one must return void
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_ERROR(failed)
    bool failed(const std::exception& error);
};

}  // namespace app
