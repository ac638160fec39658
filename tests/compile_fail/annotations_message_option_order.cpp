// EXPECT: Patchbay: ON_MESSAGE(said): each attribute stands once, in this order: maxMessageSize, roles
#include <patchbay/annotations.hpp>

namespace app {

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said, .roles = {"member", "guest"}, .maxMessageSize = 4_KiB)
    void said(std::string_view text);
};

}  // namespace app
