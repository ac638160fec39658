// EXPECT: Patchbay: ON_MESSAGE(said): nothing decodes the message parameter: a time point or duration has no JSON form; hold a number, such as milliseconds since 1970
// EXPECT: app::Room
// EXPECT: time_point
#include <patchbay/annotations.hpp>

namespace app {

struct Say {
    std::chrono::system_clock::time_point at;
};

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    void said(const Say& say);
};

}  // namespace app
