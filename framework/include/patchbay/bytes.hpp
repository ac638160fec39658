#pragma once
// Bytes, texts and sizes as every other header spells them.
//
// A view never owns: a `Bytes` or `std::string_view` given to a handler is valid until that handler returns.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace patchbay {

/// Read-only bytes that somebody else owns.
using Bytes = std::span<const std::byte>;

/// What a message carries (RFC 6455 §5.6). Other transports keep the difference.
enum class MessageKind : std::uint8_t { Text, Binary };

inline Bytes asBytes(std::string_view text) noexcept {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

/// Octets, as C and many libraries hold bytes.
inline Bytes asBytes(std::span<const std::uint8_t> octets) noexcept { return std::as_bytes(octets); }

inline std::string_view asText(Bytes bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// What goes out as bytes: whatever shows itself as Bytes, or as octets, such as std::vector<std::uint8_t>. (In JSON, as a struct's
/// member, the latter is a list of numbers.)
template <class T>
concept ByteSequence = std::convertible_to<const T&, Bytes> || std::convertible_to<const T&, std::span<const std::uint8_t>>;

/// Sizes with their unit: `4_KiB`.   Units: bytes.
/// Not consteval: Clang 14 leaves calls of such functions in the object files of templates, where nothing defines them.
inline namespace literals {
constexpr std::size_t operator""_B(unsigned long long n) { return static_cast<std::size_t>(n); }
constexpr std::size_t operator""_KiB(unsigned long long n) { return static_cast<std::size_t>(n) << 10; }
constexpr std::size_t operator""_MiB(unsigned long long n) { return static_cast<std::size_t>(n) << 20; }
constexpr std::size_t operator""_GiB(unsigned long long n) { return static_cast<std::size_t>(n) << 30; }
}  // namespace literals

}  // namespace patchbay
