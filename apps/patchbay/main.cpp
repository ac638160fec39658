// The server program: what it serves is what the configuration names. Without one it shows the chat. Its commands are those of the plugins
// that are built with it.

#include <patchbay/application.hpp>
#ifdef PATCHBAY_HAS_STORE
#include <patchbay/sqlite_store.hpp>
#endif

#include <cstdlib>

int main(int argc, char** argv) {
    patchbay::Application application;
    application.config.apps = {{"chat"}};
    application.install = [](patchbay::Server& server) {
        if (const char* guide = std::getenv("PATCHBAY_GUIDE")) server.announce("your own", guide);  // the launcher's
    };
#ifdef PATCHBAY_HAS_STORE
    application.openStore = patchbay::openStore;
#endif
    application.commands = patchbay::RegisteredCommand::all();
    return patchbay::runApplication(argc, argv, application);
}
