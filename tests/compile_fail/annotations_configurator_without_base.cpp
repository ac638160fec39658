// EXPECT: Patchbay: configuredBy: this class does not derive from patchbay::Configurator
// EXPECT: app::Doorman
#include <patchbay/annotations.hpp>

namespace app {

struct Doorman {};

class Room {
    SERVER_ENDPOINT(Room, "/chat", .configurator = configuredBy<Doorman>)
};

}  // namespace app
