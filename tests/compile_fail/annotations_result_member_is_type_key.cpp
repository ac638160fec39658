// EXPECT: Patchbay: ON_MESSAGE(said): a member is called like the key under which its struct's name stands in a message
// EXPECT: Returned<
// EXPECT: app::Row
#include <patchbay/annotations.hpp>

namespace app {

struct Row {
    std::string type, text;
};
struct Empty {};

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    std::optional<std::variant<Empty, Row>> said(std::string_view text);
};

}  // namespace app
