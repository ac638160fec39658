// EXPECT: Patchbay: a handler of handle() returns nothing: it writes its answer to the HttpResponse (a coroutine is for handleAsync())
#include <patchbay/http_handlers.hpp>
#include <patchbay/server.hpp>

#include <string>

void install(patchbay::Server& server) {
    server.handle("GET", "/rooms", [](const patchbay::HttpRequest&, patchbay::HttpResponse&) { return std::string{"lobby"}; });
}
