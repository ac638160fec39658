// EXPECT: Patchbay: an Async returns a value or void: what a reference names may be gone when it is done
#include <patchbay/async.hpp>

patchbay::Async<int&> work(int& number) { co_return number; }
