// A server whose sessions get both messages of their own and those for everybody, for clients that keep context.

#include "Mixed.hpp"

#include <patchbay/application.hpp>

int main(int argc, char** argv) {
    return patchbay::runApplication(
        argc, argv, {.name = "mixed", .install = [](patchbay::Server& server) { server.deployRegistered(); }});
}
