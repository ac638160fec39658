#include "Chat.hpp"

#include "Rooms.hpp"

#include <patchbay/web.hpp>

patchbay::web::Pages chatPages();

namespace chat {

void install(patchbay::Server& server) {
    server.provide(std::make_shared<Rooms>());
    patchbay::web::serve(server, "/", chatPages());
}

}  // namespace chat
