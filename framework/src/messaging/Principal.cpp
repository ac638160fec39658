#include <patchbay/principal.hpp>

#include <algorithm>

namespace patchbay {

bool Principal::hasRole(std::string_view role) const noexcept { return std::ranges::find(roles, role) != roles.end(); }

bool Principal::hasOneOf(const std::vector<std::string>& wanted) const noexcept {
    return wanted.empty() || std::ranges::any_of(wanted, [&](const std::string& role) { return hasRole(role); });
}

}  // namespace patchbay
