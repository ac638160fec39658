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

struct Source {
    enum class Kind : std::uint8_t { V4, V6, User };

    /// Of an address as a handshake has it, with a port or without. Nothing for what is no address: `local` over a Unix socket.
    static std::optional<Source> of(std::string_view address);
    /// By a hash of his name.
    static Source ofUser(std::string_view name, const HashKey& key) noexcept { return {sipHash(key, name), Kind::User}; }
    /// Those that it shares a place with, where it has to. Not those of another kind.
    std::uint64_t neighbours() const noexcept;
    std::uint64_t bits = 0;  ///< of the network, the others are zero
    Kind kind = Kind::V4;
    friend bool operator==(const Source&, const Source&) = default;
};

/// Sources of one kind whose first bits are the same; all of an address: it alone.
struct Network {
    /// `192.0.2.7`, also with a port, `192.0.2.0/24`; of IPv6 at most 64 bits, and an address stands for those: `2001:db8:1:2::`, `2001:db8::/48`.
    /// Errors: std::invalid_argument, which says what to write instead.
    static Network of(std::string_view text);
    /// That one of so many bits which `source` is in.   Requires: no user; the length is at most of its kind.
    static Network around(const Source& source, std::uint8_t length) noexcept;
    static constexpr std::uint8_t longest(Source::Kind kind) noexcept { return kind == Source::Kind::V4 ? 32 : 64; }
    bool holds(const Source& source) const noexcept { return source.kind == first.kind && around(source, length) == *this; }
    /// As of() reads it: `192.0.2.7`, `192.0.2.0/24`, `2001:db8:1:2::/64`.
    std::string text() const;

    std::uint8_t length = 32;
    Source first;
    friend bool operator==(const Network&, const Network&) = default;
    friend bool operator<(const Network& a, const Network& b) noexcept {
        return std::tie(a.length, a.first.kind, a.first.bits) < std::tie(b.length, b.first.kind, b.first.bits);
    }
};

struct SourceHash {
    /// Not noexcept, so that the library's tables keep it with each of theirs.
    std::size_t operator()(const Source& source) const { return placeHash(key, source.bits, static_cast<std::uint8_t>(source.kind)); }
    HashKey key;
};

}  // namespace patchbay::guard
