// EXPECT: Patchbay: ON_MESSAGE(kept): the class has an untyped binary handler already
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(got)
    void got(Bytes bytes);
    ON_MESSAGE(kept)
    void kept(std::vector<std::byte> bytes);
};

}  // namespace app
