// A server for foreign conformance suites and load generators: no pings, no rate limits, every origin.
// Prints `ready` when it listens; SIGTERM stops it.

#include "Endpoints.hpp"

#include <patchbay/application.hpp>

#include <cstdio>

int main(int argc, char** argv) {
    return patchbay::runApplication(argc, argv,
                                    {.name = "patchbay-conformance",
                                     .install =
                                         [](patchbay::Server& server) {
                                             server.deployRegistered();
                                             conformance::servePages(server);
                                         },
                                     .ready =
                                         [](patchbay::Server&) {
                                             std::puts("ready");
                                             std::fflush(stdout);
                                         }});
}
