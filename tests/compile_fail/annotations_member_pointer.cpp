// EXPECT: Patchbay: ON_MESSAGE(said): nothing decodes the message parameter: a pointer has no JSON form; hold the value itself or a std::optional of it
// EXPECT: app::Room
// EXPECT: Parameter<1, const app::Say&>, Member<Text<"items.price">, int*>
#include <patchbay/annotations.hpp>

namespace app {

struct Item {
    int* price;
};
struct Say {
    std::vector<Item> items;
};

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    void said(const Say& say);
};

}  // namespace app
