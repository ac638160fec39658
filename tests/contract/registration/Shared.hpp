#pragma once
// An endpoint in a header of two translation units.

#include <patchbay/annotations.hpp>

namespace registration {

class Shared {
    SERVER_ENDPOINT(Shared, "/shared")
public:
    ON_MESSAGE(echo)
    std::string_view echo(std::string_view text) { return text; }
};

patchbay::detail::EndpointModel sharedAsAnotherUnitSeesIt();

}  // namespace registration
