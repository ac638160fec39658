// EXPECT: Patchbay: ON_MESSAGE(said): a parameter is of a type that this handler cannot get; it may ask for one message, Session, Principal and PathParam
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    void said(std::string_view text, const EndpointConfig& config);
};

}  // namespace app
