// EXPECT: Patchbay: an Async awaits another Async, executor.run(f), sleepFor(d) or a Completion; for anything else let its callback set() a Completion, and await that
#include <patchbay/async.hpp>

#include <future>

patchbay::Async<void> work(std::future<void> done) { co_await done; }
