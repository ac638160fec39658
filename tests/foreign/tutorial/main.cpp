// The tutorial's chat as a server program, for clients that are not ours.

#include "Chat.hpp"
#include "Pinged.hpp"

#include <patchbay/application.hpp>

int main(int argc, char** argv) {
    return patchbay::runApplication(
        argc, argv, {.name = "tutorial", .install = [](patchbay::Server& server) { server.deployRegistered(); }});
}
