#include "Install.hpp"

#include <patchbay/application.hpp>

int main(int argc, char** argv) {
    return patchbay::runApplication(argc, argv, {.name = "poll", .install = [](patchbay::Server& server) { install(server); }});
}
