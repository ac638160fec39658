// EXPECT: Patchbay: ON_MESSAGE(said): two parameters take the message; exactly one may
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

struct Say {
    std::string text;
};

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    void said(const Say& one, std::string_view other);
};

}  // namespace app
