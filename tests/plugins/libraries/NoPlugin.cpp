// A shared library like any other. Its code ends the process, so a test that survives has not run it.
#include <cstdlib>

namespace {
__attribute__((constructor)) void run() { std::abort(); }
}  // namespace
