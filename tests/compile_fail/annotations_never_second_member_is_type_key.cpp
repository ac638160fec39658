// EXPECT: Patchbay: ON_MESSAGE(drew): a member is called like the key under which its struct's name stands in a message
// EXPECT: app::Row
#include <patchbay/annotations.hpp>

namespace app {

struct Row {
    std::string type, text;
};
struct Line {
    int from, to;
};

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}", .typeTags = Never)
public:
    ON_MESSAGE(said)
    void said(const Row& row);
    ON_MESSAGE(drew)
    void drew(const Line& line);
};

}  // namespace app
