// EXPECT: patchbay::json: a time point or duration has no JSON form; hold a number, such as milliseconds since 1970
// EXPECT: app::Said
#include <patchbay/annotations.hpp>
#include <patchbay/topics.hpp>

namespace app {

struct Said {
    std::chrono::system_clock::time_point at;
};

void tell(patchbay::Topics& topics) { topics.publish("all", Said{}); }

}  // namespace app
