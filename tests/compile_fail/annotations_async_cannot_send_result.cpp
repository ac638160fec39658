// EXPECT: Patchbay: ON_MESSAGE(said): nothing encodes what this method returns
// EXPECT: app::Room
#include <patchbay/annotations.hpp>
#include <patchbay/async.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    Async<Async<int>> said(std::string text);
};

}  // namespace app
