// EXPECT: Patchbay: ON_MESSAGE(said): nothing decodes the message parameter: a const member cannot be read; leave the const out
// EXPECT: Member<Text<"where.x">, const int>
#include <patchbay/annotations.hpp>

#include <string>

struct Place {
    const int x = 0;
};
struct Say {
    std::string text;
    Place where;
};

class Room {
    SERVER_ENDPOINT(Room, "/chat")
public:
    ON_MESSAGE(said)
    void said(const Say&) {}
};
