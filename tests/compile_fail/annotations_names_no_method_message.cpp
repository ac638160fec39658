// EXPECT: Patchbay: ON_MESSAGE(): it names no method; write ON_MESSAGE(said) above void said(...)
#include <patchbay/annotations.hpp>

namespace app {

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE()
    void said(std::string_view);
};

}  // namespace app
