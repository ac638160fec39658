// The chat as a library to load: `apps: [ chat ]`.

#include "Chat.hpp"

#include <patchbay/plugin.hpp>

namespace {

class ChatApp final : public patchbay::Plugin {
public:
    void install(patchbay::ServerContainer& server) override {
        chat::install(server);
        server.deployRegistered();
    }
};

}  // namespace

PATCHBAY_PLUGIN(ChatApp, "chat")
