// EXPECT: Patchbay: an Async is awaited once, and its result is moved out of it: co_await std::move(it)
#include <patchbay/async.hpp>

patchbay::Async<int> seven();
patchbay::Async<void> work() {
    auto later = seven();
    co_await later;
}
