// EXPECT: Patchbay: no constructor of this class can be called with what an endpoint may ask for
// EXPECT: app::Room
#include <patchbay/annotations.hpp>
#include <patchbay/topics.hpp>

namespace app {

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    void said(std::string_view text);

    patchbay::Topics& topics;
};

}  // namespace app
