// EXPECT: Patchbay: ON_MESSAGE(said): a handler that returns Async takes everything by value: what a reference names is gone when it goes on
// EXPECT: app::Room
#include <patchbay/annotations.hpp>
#include <patchbay/async.hpp>

namespace app {

using namespace patchbay;

struct Say {
    std::string text;
};

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    Async<void> said(const Say& say);
};

}  // namespace app
