// EXPECT: Patchbay: a PathParam of the constructor names a variable that the endpoint's path does not have
// EXPECT: "roam"
#include <patchbay/annotations.hpp>

namespace app {

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    explicit Room(patchbay::PathParam<"roam"> room);

    ON_MESSAGE(said)
    void said(std::string_view text);
};

}  // namespace app
