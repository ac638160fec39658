#pragma once
// Who is counted as one: an IPv4 address, an IPv6 network of 64 bits (one customer has all of it), or a user; and their neighbourhoods, /24
// and /48, where there is no room for each of them.

#include "SipHash.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

namespace patchbay::guard {

/// Carries its hash, which is made once, for all tables that it is looked for in. It is keyed, with a key of this process: nobody can bring
/// sources together.
struct Source {
    enum class Kind : std::uint8_t { V4, V6, User };

    Source(std::uint64_t someBits, Kind itsKind);
    /// Of an address as a handshake has it, with a port or without. Nothing for what is no address: `local` over a Unix socket. The hooks of a
    /// handshake ask for the same one after the other: each thread remembers its last.
    static std::optional<Source> of(std::string_view address);
    /// By a hash of his name.
    static Source ofUser(std::string_view name, const HashKey& key) { return {sipHash(key, name), Kind::User}; }
    /// Those that it shares a place with, where it has to. Not those of another kind.
    Source neighbours() const;
    std::uint64_t bits;  ///< of the network, the others are zero
    std::uint64_t hash;  ///< of bits and kind
    Kind kind;
    friend bool operator==(const Source& a, const Source& b) noexcept { return a.bits == b.bits && a.kind == b.kind; }
};

/// Sources of one kind whose first bits are the same; all of an address: it alone.
struct Network {
    /// `192.0.2.7`, also with a port, `192.0.2.0/24`; of IPv6 at most 64 bits, and an address stands for those: `2001:db8:1:2::`, `2001:db8::/48`.
    /// Errors: std::invalid_argument, which says what to write instead.
    static Network of(std::string_view text);
    /// That one of so many bits which `source` is in.   Requires: no user; the length is at most of its kind.
    static Network around(const Source& source, std::uint8_t length);
    static constexpr std::uint8_t longest(Source::Kind kind) noexcept { return kind == Source::Kind::V4 ? 32 : 64; }
    bool holds(const Source& source) const noexcept;
    /// As of() reads it: `192.0.2.7`, `192.0.2.0/24`, `2001:db8:1:2::/64`.
    std::string text() const;

    std::uint8_t length;
    Source first;
    friend bool operator==(const Network&, const Network&) = default;
    friend bool operator<(const Network& a, const Network& b) noexcept {
        return std::tie(a.length, a.first.kind, a.first.bits) < std::tie(b.length, b.first.kind, b.first.bits);
    }
};

struct SourceHash {
    std::size_t operator()(const Source& source) const noexcept { return source.hash; }
};

}  // namespace patchbay::guard
