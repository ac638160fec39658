// EXPECT: nodiscard
#include <patchbay/async.hpp>

patchbay::Async<void> work();
void start() { work(); }
