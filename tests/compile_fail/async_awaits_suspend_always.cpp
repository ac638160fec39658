// EXPECT: Patchbay: an Async awaits another Async, executor.run(f), sleepFor(d) or a Completion; for anything else let its callback set() a Completion, and await that
#include <patchbay/async.hpp>

#include <coroutine>

patchbay::Async<void> work() { co_await std::suspend_always{}; }
