// EXPECT: Patchbay: no constructor of this class can be called with what an endpoint may ask for
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
