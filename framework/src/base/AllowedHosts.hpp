#pragma once
// The names that a server goes by, as `server.hosts` lists them, and the host that a request asks for.
//
// A page whose name is made to point at another machine (DNS rebinding) is of the same origin as what that machine serves: only the
// name tells them apart, and it stands in the Host field, which no page can choose.
//
//   entry = "*" | [ "*." ] name | address          without a port; `*.` stands for one label or more, never for none
//
// Source: RFC 9110 §7.2 (Host), §15.5.20 (421); RFC 6761 §6.3 (localhost)

#include <string>
#include <string_view>
#include <vector>

namespace patchbay {

/// The host of `host[:port]` in one form: lower case, without port, brackets and final dot.
std::string hostNameOf(std::string_view authority);

/// Names of this very machine, which nobody else's can be: `localhost` and what ends in `.localhost`, 127.0.0.0/8, ::1.
/// Requires: the one form.
bool isLoopbackName(std::string_view name) noexcept;

class AllowedHosts {
public:
    AllowedHosts() = default;
    /// An entry that problemOf() says something about names nobody.
    explicit AllowedHosts(const std::vector<std::string>& entries);

    /// What is wrong with an entry and what to write instead; empty when nothing is.
    static std::string problemOf(std::string_view entry);

    bool empty() const noexcept { return names_.empty() && !any_; }
    /// True when `*` is among them.
    bool any() const noexcept { return any_; }
    /// Requires: `name` in the one form.
    bool names(std::string_view name) const noexcept;

private:
    std::vector<std::string> names_;  // those for subdomains begin with their dot
    bool any_ = false;
};

}  // namespace patchbay
