#pragma once
// Who is counted as one: an IPv4 address, an IPv6 network of 64 bits (one customer has all of it), and their neighbourhoods, /24 and /48,
// where there is no room for each of them.

#include <cstdint>
#include <optional>
#include <string_view>

namespace patchbay::guard {

struct Source {
    enum class Kind : std::uint8_t { V4, V6 };

    /// Of an address as a handshake has it, with a port or without. Nothing for what is no address: `local` over a Unix socket.
    static std::optional<Source> of(std::string_view address);
    /// Those that it shares a place with, where it has to.
    std::uint64_t neighbours() const noexcept;

    std::uint64_t bits = 0;  ///< of the network, the others are zero
    Kind kind = Kind::V4;
    friend bool operator==(const Source&, const Source&) = default;
};

}  // namespace patchbay::guard
