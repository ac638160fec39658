// EXPECT: Patchbay: TOPIC(mayJoin, "{room}"): the class has no SERVER_ENDPOINT, or one that does not name it: it stands first in the class
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

class Room {
    TOPIC(mayJoin, "{room}")
public:
    static bool mayJoin(const Principal& who);
};

}  // namespace app
