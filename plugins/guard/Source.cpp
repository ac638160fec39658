#include "Source.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <string>

namespace patchbay::guard {
namespace {

std::uint64_t bigEndian(const unsigned char* bytes, int count) noexcept {
    std::uint64_t value = 0;
    for (int i = 0; i < count; ++i) value = value << 8 | bytes[i];
    return value;
}

/// Takes a number from 0 to 255 without leading zeroes off the front; more than 255 where there is none.
[[gnu::always_inline]] inline unsigned takeByte(const char*& at, const char* end) noexcept {
    const auto digit = [&] { return at == end ? 10U : static_cast<unsigned>(static_cast<unsigned char>(*at)) - '0'; };
    constexpr unsigned kNone = 256;
    unsigned value = digit();
    if (value > 9) return kNone;
    ++at;
    for (int more = 0; more < 2; ++more) {
        const unsigned next = digit();
        if (next > 9) return value;
        if (value == 0) return kNone;
        value = value * 10 + next;
        ++at;
    }
    return value;
}

/// Four numbers, perhaps a port behind them: what most addresses are, and each handshake asks for some.
std::optional<std::uint64_t> dotted(std::string_view text) noexcept {
    const char* at = text.data();
    const char* const end = at + text.size();
    std::uint64_t bits = 0;
    for (int part = 0; part < 4; ++part) {
        if (part > 0 && (at == end || *at++ != '.')) return std::nullopt;
        const unsigned value = takeByte(at, end);
        if (value > 255) return std::nullopt;
        bits = bits << 8 | value;
    }
    return at == end || *at == ':' ? std::optional{bits} : std::nullopt;
}

/// Without port, brackets and zone.
std::string_view bare(std::string_view address) {
    if (address.starts_with('[')) return address.substr(1, address.find_first_of("]%") - 1);
    if (std::ranges::count(address, ':') == 1) address = address.substr(0, address.find(':'));
    return address.substr(0, address.find('%'));
}

std::optional<Source> read(std::string_view address) {
    using Kind = Source::Kind;
    if (const auto bits = dotted(address)) return Source{*bits, Kind::V4};
    const std::string_view text = bare(address);
    std::array<char, INET6_ADDRSTRLEN> ended{};
    if (text.size() >= ended.size() || text.find('\0') != std::string_view::npos) return std::nullopt;
    std::ranges::copy(text, ended.begin());
    std::array<unsigned char, 16> bytes{};
    if (::inet_pton(AF_INET6, ended.data(), bytes.data()) != 1) return std::nullopt;
    constexpr std::array<unsigned char, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};  // RFC 4291 §2.5.5.2
    if (std::equal(kMapped.begin(), kMapped.end(), bytes.begin())) return Source{bigEndian(bytes.data() + 12, 4), Kind::V4};
    return Source{bigEndian(bytes.data(), 8), Kind::V6};
}

/// What a thread has read last; at first, that nothing is no address. Longer texts are read again.
struct Last {
    std::string_view text() const noexcept { return {bytes.data(), size}; }
    [[gnu::noinline]] std::optional<Source> become(std::string_view address) {
        if (address.size() > bytes.size()) return read(address);
        source = read(address);
        size = address.copy(bytes.data(), bytes.size());
        return source;
    }

    std::array<char, 56> bytes{};  // INET6_ADDRSTRLEN, and brackets with a port
    std::size_t size = 0;
    std::optional<Source> source;
};

/// The first bits, and zeroes.
std::uint64_t prefix(std::uint64_t bits, int behind) noexcept { return behind == 64 ? 0 : bits >> behind << behind; }

const HashKey& keyOfThisProcess() {
    static const HashKey key = randomHashKey();
    return key;
}

}  // namespace

Source::Source(std::uint64_t someBits, Kind itsKind)
    : bits{someBits}, hash{placeHash(keyOfThisProcess(), someBits, static_cast<std::uint8_t>(itsKind))}, kind{itsKind} {}

std::optional<Source> Source::of(std::string_view address) {
    static thread_local constinit Last last;
    Last& mine = last;
    return address == mine.text() ? mine.source : mine.become(address);
}

Source Source::neighbours() const {
    switch (kind) {
        case Kind::V4: return {bits & 0xFFFF'FF00, kind};
        case Kind::V6: return {bits & 0xFFFF'FFFF'FFFF'0000, kind};
        case Kind::User: break;
    }
    return {bits | 0x0000'FFFF'FFFF'FFFF, kind};  // of a hash: some, whoever they are; no network of 48 bits ends so
}

Network Network::around(const Source& source, std::uint8_t length) {
    return {length, {prefix(source.bits, longest(source.kind) - length), source.kind}};
}

bool Network::holds(const Source& source) const noexcept {
    return source.kind == first.kind && prefix(source.bits, longest(first.kind) - length) == first.bits;
}

Network Network::of(std::string_view text) {
    const auto refuse = [&](const std::string& why) { return std::invalid_argument{'"' + std::string{text} + "\" " + why}; };
    const std::size_t slash = text.find('/');
    const auto source = Source::of(text.substr(0, slash));
    if (!source) throw refuse("is no address; write 192.0.2.7, 192.0.2.0/24, 2001:db8:1:2:: or 2001:db8::/48");
    const std::uint8_t longest = Network::longest(source->kind);
    if (slash == std::string_view::npos) return around(*source, longest);
    const std::string_view digits = text.substr(slash + 1);
    unsigned length = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (error != std::errc{} || end != digits.data() + digits.size() || length == 0 || length > longest) {
        throw refuse("is no network: behind / stands a number from 1 to " + std::to_string(longest));
    }
    const Network network = around(*source, static_cast<std::uint8_t>(length));
    if (network.first != *source) throw refuse("has bits behind its prefix; write " + network.text());
    return network;
}

std::string Network::text() const {
    const bool isV4 = first.kind == Source::Kind::V4;
    std::array<unsigned char, 16> bytes{};
    const int used = isV4 ? 4 : 8;
    for (int i = 0; i < used; ++i) bytes[static_cast<std::size_t>(i)] = static_cast<unsigned char>(first.bits >> (8 * (used - 1 - i)));
    std::array<char, INET6_ADDRSTRLEN> shown{};
    ::inet_ntop(isV4 ? AF_INET : AF_INET6, bytes.data(), shown.data(), static_cast<socklen_t>(shown.size()));
    return isV4 && length == 32 ? std::string{shown.data()} : std::string{shown.data()} + '/' + std::to_string(length);
}

}  // namespace patchbay::guard
