// EXPECT: Patchbay: executor.run(f) runs a plain function; a coroutine is awaited as it is
#include <patchbay/async.hpp>
#include <patchbay/executor.hpp>

patchbay::Async<int> seven();
patchbay::Async<void> work(patchbay::Executor& executor) {
    co_await executor.run([] { return seven(); });
}
