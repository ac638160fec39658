// EXPECT: Patchbay: no constructor of this class can be called with services alone
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    explicit Room(int seats);

    ON_MESSAGE(said)
    void said(std::string_view text);
};

}  // namespace app
