// A derived class with annotations of its own: those of its base do not count, so its base's handlers do not either.
#include <patchbay/annotations.hpp>

namespace app {

class Room {
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_OPEN(joined)
    void joined(patchbay::PathParam<"room"> room);
    ON_MESSAGE(said)
    void said(std::string_view text);
};

class QuietRoom : public Room {
    SERVER_ENDPOINT(QuietRoom, "/quiet")
public:
    ON_MESSAGE(heard)
    void heard(std::string_view text);
};

const auto model = patchbay::detail::makeModel<QuietRoom>();

}  // namespace app
