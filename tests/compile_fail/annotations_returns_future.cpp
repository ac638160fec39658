// EXPECT: Patchbay: ON_MESSAGE(said): nothing encodes what this method returns: a std::future has no JSON form; wait for its value, in a coroutine that returns Async
// EXPECT: std::future<int>
#include <patchbay/annotations.hpp>
#include <future>

namespace app {

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    std::future<int> said(std::string_view text);
};

}  // namespace app
