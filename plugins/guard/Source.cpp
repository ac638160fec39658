#include "Source.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <string>

namespace patchbay::guard {
namespace {

std::uint64_t bigEndian(const unsigned char* bytes, int count) noexcept {
    std::uint64_t value = 0;
    for (int i = 0; i < count; ++i) value = value << 8 | bytes[i];
    return value;
}

/// Without port, brackets and zone.
std::string bare(std::string_view address) {
    if (address.starts_with('[')) return std::string{address.substr(1, address.find_first_of("]%") - 1)};
    if (std::ranges::count(address, ':') == 1) address = address.substr(0, address.find(':'));
    return std::string{address.substr(0, address.find('%'))};
}

}  // namespace

std::optional<Source> Source::of(std::string_view address) {
    const std::string text = bare(address);
    std::array<unsigned char, 16> bytes{};
    if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return Source{bigEndian(bytes.data(), 4), Kind::V4};
    if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return std::nullopt;
    constexpr std::array<unsigned char, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};  // RFC 4291 §2.5.5.2
    if (std::equal(kMapped.begin(), kMapped.end(), bytes.begin())) return Source{bigEndian(bytes.data() + 12, 4), Kind::V4};
    return Source{bigEndian(bytes.data(), 8), Kind::V6};
}

std::uint64_t Source::neighbours() const noexcept { return bits & (kind == Kind::V4 ? 0xFFFF'FF00 : 0xFFFF'FFFF'FFFF'0000); }

}  // namespace patchbay::guard
