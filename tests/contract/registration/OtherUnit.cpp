#include "Shared.hpp"

namespace registration {

patchbay::detail::EndpointModel sharedAsAnotherUnitSeesIt() { return patchbay::detail::makeModel<Shared>(); }

}  // namespace registration
