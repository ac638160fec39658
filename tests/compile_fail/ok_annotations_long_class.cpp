// Handlers are found wherever they stand in a class of up to 2 000 lines, at the ends of the blocks of Rank.hpp too.
#include <patchbay/annotations.hpp>

namespace app {

class Room {
#line 1000
    SERVER_ENDPOINT(Room, "/chat/{room}")
public:
    ON_OPEN(joined)
    void joined();
#line 1127
    ON_CLOSE(left)
    void left();
#line 1256
    ON_ERROR(failed)
    void failed(std::exception_ptr error);
#line 3000
    ON_MESSAGE(said)
    void said(std::string_view text);
};

template <class Handlers>
concept Four = Handlers::size == 4;
static_assert(Four<patchbay::detail::HandlersOf<Room>>);

}  // namespace app
