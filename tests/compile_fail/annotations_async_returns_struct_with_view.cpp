// EXPECT: Patchbay: ON_MESSAGE(said): what an Async returns is sent when its variables are gone: it must own its texts and bytes, in a std::string or std::vector<std::byte>
// EXPECT: app::Room
#include <patchbay/annotations.hpp>
#include <patchbay/async.hpp>

namespace app {

using namespace patchbay;

struct Said {
    int number;
    std::vector<std::string_view> words;
};

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_MESSAGE(said)
    Async<Said> said(std::string text);
};

}  // namespace app
