// EXPECT: Patchbay: a Completion has a value or void: what a reference names may be gone when it is awaited
#include <patchbay/async.hpp>

void start() { const patchbay::Completion<int&> done; }
