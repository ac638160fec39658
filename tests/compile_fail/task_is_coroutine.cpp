// EXPECT: Patchbay: a task is a plain function; what a coroutine returns would be dropped before it has begun
#include <patchbay/async.hpp>
#include <patchbay/session.hpp>

patchbay::Async<void> work();
void later(patchbay::Session session) {
    session.post([] { return work(); });
}
