// EXPECT: Patchbay: ON_MESSAGE(said): nothing decodes the message parameter: it must be text, bytes, a number, or a type
#include <patchbay/annotations.hpp>

#include <array>

namespace app {

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    void said(const std::array<std::uint8_t, 4>& bytes);
};

}  // namespace app
