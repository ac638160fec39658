// EXPECT: Patchbay: ON_MESSAGE(said): nothing decodes the message parameter: a struct that cannot be copied (with a std::unique_ptr in it, say) has no JSON form; hold the value itself
// EXPECT: app::Room
// EXPECT: Member<Text<"items">, app::Item>
#include <patchbay/annotations.hpp>
#include <memory>

namespace app {

struct Item {
    std::unique_ptr<int> price;
};
struct Order {
    Item item;
};
struct Say {
    std::string text;
    std::vector<Item> items;
};

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    void said(const Say& say);
};

}  // namespace app
