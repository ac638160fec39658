// EXPECT: Patchbay: ON_MESSAGE(said): nothing decodes the message parameter: a type with constructors or private members has no JSON form; use a plain struct
// EXPECT: app::Room
// EXPECT: Member<Text<"name">, app::Name>
#include <patchbay/annotations.hpp>

namespace app {

struct Name {
    Name() = default;
    explicit Name(std::string text);
    std::string text;
};
struct Say {
    Name name;
};

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    void said(const Say& say);
};

}  // namespace app
