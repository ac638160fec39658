// EXPECT: Patchbay: handle() needs #include <patchbay/http_handlers.hpp>
#include <patchbay/server.hpp>

void serve(patchbay::Server& server) { server.handle("GET", "/rooms", [] {}); }
