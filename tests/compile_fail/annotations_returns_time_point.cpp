// EXPECT: Patchbay: ON_MESSAGE(said): nothing encodes what this method returns: a time point or duration has no JSON form; hold a number, such as milliseconds since 1970
#include <patchbay/annotations.hpp>

namespace app {

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    std::chrono::system_clock::time_point said(std::string_view text);
};

}  // namespace app
