#include "Endpoints.hpp"

#include <patchbay/http_handlers.hpp>
#include <patchbay/web.hpp>

namespace conformance {

void servePages(patchbay::ServerContainer& server) {
    static const std::string page(1024, 'x');
    server.handleAsync("GET", "/page", [](const patchbay::HttpExchange& exchange) {
        exchange.respond({200, {{"Content-Type", "text/plain"}}, page});
    });
    server.handle("GET", "/worker-page", [](const patchbay::HttpRequest&, patchbay::HttpResponse& response) {
        response.write("text/plain", page);
    });
    patchbay::web::serve(server, "/pages/", {{"page.txt", page}});
}

}  // namespace conformance
