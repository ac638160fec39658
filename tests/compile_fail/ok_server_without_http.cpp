// A program with endpoints alone.
#include <patchbay/annotations.hpp>
#include <patchbay/server.hpp>

class Room {
    SERVER_ENDPOINT(Room, "/chat")
public:
    ON_MESSAGE(said)
    std::string_view said(std::string_view text) { return text; }
};

int serve() {
    patchbay::Server server;
    server.deploy<Room>().deployRegistered();
    return server.run([] {});
}
