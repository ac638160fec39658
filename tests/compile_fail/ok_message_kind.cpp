#include <patchbay/bytes.hpp>

patchbay::MessageKind kind = patchbay::MessageKind::Text;
