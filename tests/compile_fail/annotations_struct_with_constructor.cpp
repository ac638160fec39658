// EXPECT: Patchbay: no constructor of this class can be called with what an endpoint may ask for (services by reference or std::shared_ptr, Session, PathParam; eight at most), or it is private: what stands below SERVER_ENDPOINT is, up to the next `public:`
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

struct Store {};

struct Room {
    SERVER_ENDPOINT(Room, "/chat")
    explicit Room(Store& store);
};

}  // namespace app
