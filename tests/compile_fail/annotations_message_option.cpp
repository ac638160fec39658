// EXPECT: Patchbay: ON_MESSAGE(said): there is no such attribute; they are: maxMessageSize, roles
// EXPECT: maxMesageSize
#include <patchbay/annotations.hpp>

namespace app {

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said, .maxMesageSize = 4_KiB)
    void said(std::string_view text);
};

}  // namespace app
