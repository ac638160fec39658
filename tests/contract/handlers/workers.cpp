#include "contract/Scripted.hpp"

namespace patchbay::test {

const HandlerKind kHandlers = HandlerKind::Worker;

}  // namespace patchbay::test
