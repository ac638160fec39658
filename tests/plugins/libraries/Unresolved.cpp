// A plugin whose library needs a function that nobody has.

#include <patchbay/plugin.hpp>

void functionOfNobody();

namespace {

class Unresolved : public patchbay::Plugin {
public:
    void install(patchbay::ServerContainer&) override { functionOfNobody(); }
};

}  // namespace

PATCHBAY_PLUGIN(Unresolved, "unresolved")
