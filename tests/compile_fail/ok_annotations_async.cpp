// Everything that a handler which is a coroutine may ask for, and return.
#include <patchbay/annotations.hpp>
#include <patchbay/async.hpp>

namespace app {

using namespace patchbay;

struct Say {
    std::string text;
};
struct Draw {
    int x, y;
};
struct Erase {};

class Room final {
    SERVER_ENDPOINT(Room, "/{room}/{seat}")
public:
    ON_OPEN(joined)
    Async<void> joined(EndpointConfig config, PathParam<"room"> room, const Session session, PathParam<"seat", int> seat);
    ON_MESSAGE(said)
    Async<Say> said(Session session, Say say, PathParam<"room", std::string> room);
    ON_MESSAGE(drew)
    Async<std::optional<std::variant<Say, Draw>>> drew(std::variant<Draw, Erase> message) const;
    ON_MESSAGE(text)
    Async<std::string> text(std::string text) noexcept;
    ON_MESSAGE(bytes)
    virtual Async<std::vector<std::byte>> bytes(std::vector<std::byte> bytes);
    ON_CLOSE(left)
    Async<void> left(CloseReason reason, Session session);
    ON_ERROR(refused)
    void refused(const DecodeError& error);
    ON_ERROR(failed)
    Async<void> failed(Session session, std::exception_ptr error, PathParam<"room"> room);
};

class Counter {
    SERVER_ENDPOINT(Counter, "/counter")
    ON_MESSAGE(counted)
    Async<std::optional<double>> counted(long number);
    ON_MESSAGE(listed)
    Async<std::array<std::byte, 4>> listed(std::vector<std::byte> bytes);
};

}  // namespace app
