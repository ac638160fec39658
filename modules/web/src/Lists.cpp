#include "Lists.hpp"

namespace patchbay::web {

std::string fieldValue(const HeaderFields& headers, std::string_view name) {
    std::string value;
    for (const auto& [field, text] : headers) {
        if (!equalsIgnoringCase(field, name)) continue;
        if (!value.empty()) value += ", ";
        value += text;
    }
    return value;
}

}  // namespace patchbay::web
