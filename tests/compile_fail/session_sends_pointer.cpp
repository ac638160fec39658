// EXPECT: patchbay::json: a pointer has no JSON form; hold the value itself or a std::optional of it
// EXPECT: app::Said
#include <patchbay/annotations.hpp>

namespace app {

struct Said {
    int* price;
};

void tell(const patchbay::Session& session) { session.send(Said{}); }

}  // namespace app
