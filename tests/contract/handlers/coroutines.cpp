#include "contract/Scripted.hpp"

namespace patchbay::test {

const HandlerKind kHandlers = HandlerKind::Coroutine;

}  // namespace patchbay::test
