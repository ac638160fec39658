// An endpoint that nothing but its annotation refers to.
#include <patchbay/annotations.hpp>

namespace {

class Greeter {
    SERVER_ENDPOINT(Greeter, "/greeter")
public:
    ON_MESSAGE(greet)
    std::string_view greet(std::string_view name) { return name; }
};

}  // namespace
