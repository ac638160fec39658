// EXPECT: nodiscard
#include <patchbay/async.hpp>

#include <chrono>

void start() { patchbay::sleepFor(std::chrono::seconds{1}); }
