// EXPECT: Patchbay: ON_MESSAGE(drew): the class has a handler for messages of this name already
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

struct Say {
    std::string text;
};
struct Draw {
    int x, y;
};

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    void said(const Say& say);
    ON_MESSAGE(drew)
    void drew(const std::variant<Draw, Say>& message);
};

}  // namespace app
