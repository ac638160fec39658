// EXPECT: Patchbay: ON_MESSAGE(said): the class has no SERVER_ENDPOINT, or one that does not name it: it stands first in the class
#include <patchbay/annotations.hpp>

namespace app {

class Room {
public:
    ON_MESSAGE(said)
    void said(std::string_view text);
};

}  // namespace app
