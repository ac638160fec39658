// The server program: what it serves is what the configuration names. Without one it shows the chat.

#include <patchbay/application.hpp>

int main(int argc, char** argv) {
    patchbay::Application application;
    application.config.apps = {{"chat"}};
    return patchbay::runApplication(argc, argv, application);
}
