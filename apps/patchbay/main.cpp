// The server program: what it serves is what the configuration names. Without one it shows the chat. Its commands are those of the plugins
// that are built with it.

#include <patchbay/application.hpp>

#include <cstdlib>

int main(int argc, char** argv) {
    patchbay::Application application;
    application.config.apps = {{"chat"}};
    application.install = [](patchbay::Server& server) {
        if (const char* guide = std::getenv("PATCHBAY_GUIDE")) server.announce("your own", guide);  // the launcher's
    };
    application.commands = patchbay::RegisteredCommand::all();
    return patchbay::runApplication(argc, argv, application);
}
