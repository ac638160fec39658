// EXPECT: Patchbay: ON_MESSAGE(said): the class has no method of that name, or several
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    template <class T>
    void said(const T& message);
};

}  // namespace app
