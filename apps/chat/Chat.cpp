#include "Chat.hpp"

#include "Rooms.hpp"

#include <patchbay/web.hpp>

patchbay::web::Pages chatPages();

namespace chat {
namespace {

/// Only what the page has; `ws: wss:` for browsers to whom 'self' is http alone.
patchbay::web::Options options() {
    return {.contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                                     "connect-src 'self' ws: wss:; form-action 'self'; base-uri 'none'; "
                                     "frame-ancestors 'none'"};
}

}  // namespace

void install(patchbay::ServerContainer& server) {
    server.provide(std::make_shared<Rooms>());
    patchbay::web::serve(server, "/", chatPages(), options());
}

}  // namespace chat
