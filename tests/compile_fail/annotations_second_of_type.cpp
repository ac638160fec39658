// EXPECT: Patchbay: ON_MESSAGE(shouted): the class has a handler for messages of this name already
// EXPECT: app::Room
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

struct Say {
    std::string text;
};
namespace loud {
struct Say {
    std::string text;
};
}  // namespace loud

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    void said(const Say& say);
    ON_MESSAGE(shouted)
    void shouted(const loud::Say& say);
};

}  // namespace app
