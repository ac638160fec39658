#pragma once
// Who is counted as one: an IPv4 address, an IPv6 network of 64 bits (one customer has all of it), or a user; and their neighbourhoods, /24
// and /48, where there is no room for each of them.

#include "SipHash.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace patchbay::guard {

struct Source {
    enum class Kind : std::uint8_t { V4, V6, User };

    /// Of an address as a handshake has it, with a port or without. Nothing for what is no address: `local` over a Unix socket.
    static std::optional<Source> of(std::string_view address);
    /// By a hash of his name.
    static Source ofUser(std::string_view name, const HashKey& key) noexcept { return {sipHash(key, name), Kind::User}; }
    /// Those that it shares a place with, where it has to. Not those of another kind.
    std::uint64_t neighbours() const noexcept;
    /// `192.0.2.7`, `2001:db8:1:2::/64`.   Requires: no user.
    std::string text() const;

    std::uint64_t bits = 0;  ///< of the network, the others are zero
    Kind kind = Kind::V4;
    friend auto operator<=>(const Source&, const Source&) = default;
};

struct SourceHash {
    std::size_t operator()(const Source& source) const noexcept { return sipHash(key, source.bits, static_cast<std::uint64_t>(source.kind)); }
    HashKey key;
};

}  // namespace patchbay::guard
