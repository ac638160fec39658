// EXPECT: Patchbay: handleAsync() needs #include <patchbay/http_handlers.hpp>
#include <patchbay/server.hpp>

void serve(patchbay::Server& server) { server.handleAsync("GET", "/events", [] {}); }
