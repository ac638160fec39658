// EXPECT: Patchbay: ON_ERROR(failed): a parameter is of a type that this handler cannot get; it may ask for one exception, Session, Principal and PathParam
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_ERROR(failed)
    void failed(const std::exception& error, int code);
};

}  // namespace app
