#pragma once
// An endpoint of a static library that was made without patchbay_add_endpoints.

#include <patchbay/annotations.hpp>

namespace registration {

class Plain {
    SERVER_ENDPOINT(Plain, "/plain")
public:
    ON_MESSAGE(twice)
    int twice(int number);
};

}  // namespace registration
