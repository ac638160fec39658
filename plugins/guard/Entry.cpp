#include "Guard.hpp"

PATCHBAY_PLUGIN(patchbay::guard::Guard, "guard")
