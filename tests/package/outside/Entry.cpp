#include <patchbay/plugin.hpp>

namespace {

class GreeterApp final : public patchbay::Plugin {
public:
    void install(patchbay::ServerContainer& server) override { server.deployRegistered(); }
};

}  // namespace

PATCHBAY_PLUGIN(GreeterApp, "greeter")
