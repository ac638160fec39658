// Everything that each handler may ask for, in every form in which it may.
#include <patchbay/annotations.hpp>

namespace app {

using namespace patchbay;

struct Say {
    std::string text;
};
struct Draw {
    int x, y;
};
struct Erase {};

class Room {
    SERVER_ENDPOINT(Room, "/{room}/{seat}/{loud}/")
    ON_OPEN(joined)
    void joined(const EndpointConfig& config, PathParam<"room"> room, const Session& session, PathParam<"seat", int> seat,
                PathParam<"loud", bool> loud, PathParam<"room", std::string> again);
    ON_MESSAGE(counted)
    std::optional<double> counted(PathParam<"seat", unsigned long> seat, long double number, Session session);
    ON_MESSAGE(got)
    std::vector<std::byte> got(const std::vector<std::byte>& bytes);
    ON_MESSAGE(said)
    const std::string& said(const Session session, Say say);
    ON_MESSAGE(drew)
    std::variant<Say, Draw> drew(const std::variant<Draw, Erase>& message);
    ON_CLOSE(left)
    void left(PathParam<"loud"> loud, const CloseReason& reason, Session session);
    ON_ERROR(refused)
    void refused(const DecodeError& error);
    ON_ERROR(failed)
    void failed(Session session, std::exception error, PathParam<"room"> room);
    ON_ERROR(broke)
    void broke(std::exception_ptr error);
};

}  // namespace app
