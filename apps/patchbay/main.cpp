// The sample applications in one server.

#include <Chat.hpp>
#include <patchbay/application.hpp>

int main(int argc, char** argv) {
    return patchbay::runApplication(argc, argv, {.install = [](patchbay::Server& server) {
                                        chat::install(server);
                                        server.deployRegistered();
                                    }});
}
