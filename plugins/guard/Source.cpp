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

/// Four numbers, perhaps a port behind them: what most addresses are, and each handshake asks for some.
std::optional<std::uint64_t> dotted(std::string_view text) noexcept {
    constexpr int kParts = 4;
    std::uint64_t bits = 0;
    for (int part = 0; part < kParts; ++part) {
        if (part > 0) {
            if (!text.starts_with('.')) return std::nullopt;
            text.remove_prefix(1);
        }
        std::uint64_t value = 0;
        std::size_t digits = 0;
        for (; digits < std::min<std::size_t>(3, text.size()) && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
            value = value * 10 + static_cast<std::uint64_t>(text[digits] - '0');
        }
        if (digits == 0 || value > 255 || (digits > 1 && text.front() == '0')) return std::nullopt;
        bits = bits << 8 | value;
        text.remove_prefix(digits);
    }
    return text.empty() || text.front() == ':' ? std::optional{bits} : std::nullopt;
}

/// Without port, brackets and zone.
std::string bare(std::string_view address) {
    if (address.starts_with('[')) return std::string{address.substr(1, address.find_first_of("]%") - 1)};
    if (std::ranges::count(address, ':') == 1) address = address.substr(0, address.find(':'));
    return std::string{address.substr(0, address.find('%'))};
}

}  // namespace

std::optional<Source> Source::of(std::string_view address) {
    if (const auto bits = dotted(address)) return Source{*bits, Kind::V4};
    const std::string text = bare(address);
    std::array<unsigned char, 16> bytes{};
    if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return std::nullopt;
    constexpr std::array<unsigned char, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};  // RFC 4291 §2.5.5.2
    if (std::equal(kMapped.begin(), kMapped.end(), bytes.begin())) return Source{bigEndian(bytes.data() + 12, 4), Kind::V4};
    return Source{bigEndian(bytes.data(), 8), Kind::V6};
}

std::uint64_t Source::neighbours() const noexcept {
    switch (kind) {
        case Kind::V4: return bits & 0xFFFF'FF00;
        case Kind::V6: return bits & 0xFFFF'FFFF'FFFF'0000;
        case Kind::User: break;
    }
    return bits | 0x0000'FFFF'FFFF'FFFF;  // of a hash: some, whoever they are; no network of 48 bits ends so
}

std::string Source::text() const {
    std::array<unsigned char, 16> bytes{};
    const int used = kind == Kind::V4 ? 4 : 8;
    for (int i = 0; i < used; ++i) bytes[static_cast<std::size_t>(i)] = static_cast<unsigned char>(bits >> (8 * (used - 1 - i)));
    std::array<char, INET6_ADDRSTRLEN> shown{};
    ::inet_ntop(kind == Kind::V4 ? AF_INET : AF_INET6, bytes.data(), shown.data(), static_cast<socklen_t>(shown.size()));
    return std::string{shown.data()} + (kind == Kind::V4 ? "" : "/64");
}

}  // namespace patchbay::guard
