// EXPECT: Patchbay: ON_MESSAGE(said): nothing decodes the message parameter: the key of a map must be std::string
// EXPECT: app::Room
// EXPECT: map
#include <patchbay/annotations.hpp>
#include <map>

namespace app {

struct Say {
    std::map<int, int> prices;
};

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    void said(const Say& say);
};

}  // namespace app
