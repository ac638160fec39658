#pragma once
// The name of a type as its source spells it, for messages.

#include <string>
#include <typeinfo>

namespace patchbay {

std::string readableName(const std::type_info& type);

}  // namespace patchbay
