#include "Plain.hpp"

namespace registration {

int Plain::twice(int number) { return 2 * number; }

}  // namespace registration
