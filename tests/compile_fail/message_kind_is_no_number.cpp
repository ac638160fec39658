// EXPECT: patchbay::MessageKind
#include <patchbay/bytes.hpp>

patchbay::MessageKind kind = 1;
