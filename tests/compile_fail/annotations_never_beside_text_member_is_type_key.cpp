// EXPECT: Patchbay: ON_MESSAGE(said): a member is called like the key under which its struct's name stands in a message
// EXPECT: app::Row
#include <patchbay/annotations.hpp>

namespace app {

struct Row {
    std::string type, text;
};

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}", .typeTags = Never)
public:
    ON_MESSAGE(other)
    void other(std::string_view text);
    ON_MESSAGE(said)
    void said(const Row& row);
};

}  // namespace app
