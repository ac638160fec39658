// EXPECT: Patchbay: ON_MESSAGE(counted): the class has an untyped text handler already
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    void said(std::string_view text);
    ON_MESSAGE(counted)
    void counted(int number);
};

}  // namespace app
