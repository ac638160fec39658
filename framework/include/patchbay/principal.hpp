#pragma once
// Principal: who a peer is, whatever way it came in. Whoever finds that out (a handshake interceptor, a configurator, a message
// interceptor) makes one; handlers read it, `.roles` are asked of it.

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay {

/// Source: Jakarta WebSocket §8 (getUserPrincipal)
struct Principal {
    /// Names the user, the same each time that he comes. Empty: nobody in particular.   Units: UTF-8.
    std::string name;
    std::vector<std::string> roles = {};
    /// What to show to people; empty: `name`.   Units: UTF-8.
    std::string displayName = {};
    /// What else is known, by its name: a text as it is, anything else as JSON.
    std::map<std::string, std::string, std::less<>> claims = {};
    /// Until when that holds: then the session closes with 1008 `expired`. Empty: as long as the session.
    std::optional<std::chrono::system_clock::time_point> expires = std::nullopt;
    /// How it was found out, a word for logs such as `jwt`.
    std::string foundBy = {};

    bool isSomebody() const noexcept { return !name.empty(); }
    bool hasRole(std::string_view role) const noexcept;
    /// True where `wanted` is empty.
    bool hasOneOf(const std::vector<std::string>& wanted) const noexcept;
    const std::string& shownName() const noexcept { return displayName.empty() ? name : displayName; }

    friend bool operator==(const Principal&, const Principal&) = default;
};

}  // namespace patchbay
