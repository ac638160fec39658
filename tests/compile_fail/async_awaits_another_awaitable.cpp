// EXPECT: Patchbay: an Async awaits another Async, executor.run(f), sleepFor(d) or a Completion; for anything else let its callback set() a Completion, and await that
#include <patchbay/async.hpp>

#include <coroutine>

struct Foreign {
    bool await_ready() const noexcept { return true; }
    void await_suspend(std::coroutine_handle<>) const noexcept {}
    void await_resume() const noexcept {}
};

patchbay::Async<void> work() { co_await Foreign{}; }
