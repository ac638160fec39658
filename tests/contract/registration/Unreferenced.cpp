// Two endpoints of which no program knows the names.

#include <patchbay/annotations.hpp>

namespace registration {

class First {
    SERVER_ENDPOINT(First, "/first")
public:
    ON_MESSAGE(echo)
    std::string_view echo(std::string_view text) { return text; }
};

namespace {

class Second {
    SERVER_ENDPOINT(Second, "/second")
public:
    ON_MESSAGE(echo)
    patchbay::Bytes echo(patchbay::Bytes bytes) { return bytes; }
};

}  // namespace
}  // namespace registration
