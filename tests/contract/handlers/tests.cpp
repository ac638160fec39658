#include "contract/Scripted.hpp"

namespace patchbay::test {

const HandlerKind kHandlers = HandlerKind::Inline;

}  // namespace patchbay::test
