// EXPECT: Patchbay: ON_MESSAGE(said): nothing decodes the message parameter: a pointer has no JSON form; hold the value itself or a std::optional of it
// EXPECT: app::Room
// EXPECT: std::shared_ptr<int>
#include <patchbay/annotations.hpp>
#include <memory>

namespace app {

struct Say {
    std::shared_ptr<int> price;
};

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    void said(const Say& say);
};

}  // namespace app
