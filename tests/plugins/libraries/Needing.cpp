// A plugin that needs others, as the build says.

#include "plugins/Shared.hpp"

#include <patchbay/plugin.hpp>

namespace {

class Needing : public patchbay::Plugin {
public:
    void install(patchbay::ServerContainer& server) override { server.service<patchbay::test::Notes>()->add("installed " PLUGIN_NAME); }
};

}  // namespace

PATCHBAY_PLUGIN(Needing, PLUGIN_NAME, .needs = {PLUGIN_NEEDS})
