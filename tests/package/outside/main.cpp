// The program: the registered endpoints and a page.

#include <patchbay/application.hpp>
#include <patchbay/web.hpp>

patchbay::web::Pages greeterPages();

int main(int argc, char** argv) {
    return patchbay::runApplication(argc, argv, {.install = [](patchbay::Server& server) {
                                        server.deployRegistered();
                                        patchbay::web::serve(server, "/", greeterPages());
                                    }});
}
