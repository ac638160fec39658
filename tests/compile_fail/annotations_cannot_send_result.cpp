// EXPECT: Patchbay: ON_MESSAGE(said): nothing encodes what this method returns
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

struct Answer {
    std::string text;
};

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    Answer* said(std::string_view text);
};

}  // namespace app
