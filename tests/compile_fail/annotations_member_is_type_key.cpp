// EXPECT: Patchbay: ON_MESSAGE(said): a member is called like the key under which its struct's name stands in a message
// EXPECT: app::Row
#include <patchbay/annotations.hpp>

namespace app {

struct Row {
    std::string kind, text;
};

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}", .subprotocols = {"rows.v1"}, .idleTimeout = 5min, .typeKey = "kind")
public:
    ON_MESSAGE(said)
    void said(const Row& row);
};

}  // namespace app
