// EXPECT: Patchbay: ON_MESSAGE(said): a handler that returns Async takes a text as std::string and bytes as std::vector<std::byte>: what a view shows is gone when it goes on
// EXPECT: app::Room
#include <patchbay/annotations.hpp>
#include <patchbay/async.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    Async<void> said(std::string_view text);
};

}  // namespace app
