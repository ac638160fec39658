// The server under attack: a program like any user's, so that what it costs is read from outside. GET /hello answers;
// GET /counts tells how many sessions there are, and how many fell to a full queue.

#include "hostile/Endpoints.hpp"

#include <patchbay/application.hpp>

#include <cstdio>

namespace {

void install(patchbay::Server& server) {
    server.deployRegistered();
    server.handle("GET", "/hello", [](const patchbay::HttpRequest&, patchbay::HttpResponse& response) {
        response.write("text/plain", "hello");
    });
    server.handle("GET", "/counts", [&server](const patchbay::HttpRequest&, patchbay::HttpResponse& response) {
        response.write("text/plain", std::to_string(server.sessionCount()) + " " +
                                         std::to_string(server.closedFor(patchbay::CloseCause::QueueFull)));
    });
}

}  // namespace

int main(int argc, char** argv) {
    return patchbay::runApplication(argc, argv, {.name = "hostile-server", .install = install, .ready = [](patchbay::Server&) {
                                                     std::puts("ready");
                                                     std::fflush(stdout);
                                                 }});
}
