#include "Chat.hpp"

#include "Rooms.hpp"

#include <patchbay/web.hpp>

patchbay::web::Pages chatPages();

namespace chat {

void install(patchbay::ServerContainer& server) {
    server.provide(std::make_shared<Rooms>());
    patchbay::web::serve(server, "/", chatPages());
}

}  // namespace chat
