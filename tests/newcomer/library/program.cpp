// Serves what is linked in, says what that is, and ends.
#include <patchbay/application.hpp>

int main(int argc, char** argv) {
    patchbay::Application application;
    application.install = [](patchbay::Server& server) { server.deployRegistered(); };
    application.ready = [](patchbay::Server& server) { server.requestStop(); };
    return patchbay::runApplication(argc, argv, application);
}
