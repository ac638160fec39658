// EXPECT: Romm
#include <patchbay/annotations.hpp>

namespace app {

class Room {
    SERVER_ENDPOINT(Romm, "/chat/{room}")
public:
    ON_MESSAGE(said)
    void said(std::string_view text);
};

}  // namespace app
