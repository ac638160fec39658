// A class template is not registered; its instances are deployed by hand.
#include <patchbay/annotations.hpp>
#include <patchbay/server.hpp>

namespace app {

template <class Thing>
class Room {
    SERVER_ENDPOINT(Room, "/room/{name}")
public:
    ON_OPEN(joined)
    void joined(patchbay::Session session, patchbay::PathParam<"name"> name) { session.subscribe(name); }

    ON_MESSAGE(got, .maxMessageSize = 4_KiB)
    Thing got(const Thing& thing) { return thing; }
};

struct Say {
    std::string text;
};

const auto model = patchbay::detail::makeModel<Room<Say>>();
void install(patchbay::Server& server) { server.deploy<Room<double>>(); }

}  // namespace app
