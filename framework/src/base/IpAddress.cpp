#include "base/IpAddress.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace patchbay {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

/// A whole number of at most `digits` digits, without leading zeros.
std::optional<unsigned> number(std::string_view text, std::size_t digits, unsigned most, int base = 10) noexcept {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    const bool whole = !text.empty() && text.size() <= digits && error == std::errc{} && end == text.data() + text.size();
    if (!whole || value > most || (base == 10 && text.size() > 1 && text.front() == '0')) return std::nullopt;
    return value;
}

std::optional<std::array<std::uint8_t, 4>> parseIpv4(std::string_view text) noexcept {
    std::array<std::uint8_t, 4> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const std::size_t dot = text.find('.');
        if ((dot == std::string_view::npos) != (i == bytes.size() - 1)) return std::nullopt;
        const auto byte = number(text.substr(0, dot), 3, 255);
        if (!byte) return std::nullopt;
        bytes[i] = static_cast<std::uint8_t>(*byte);
        text.remove_prefix(i == bytes.size() - 1 ? text.size() : dot + 1);
    }
    return bytes;
}

IpAddress mapped(const std::array<std::uint8_t, 4>& ipv4) noexcept {
    IpAddress address;
    std::ranges::copy(ipv4, std::ranges::copy(kMapped, address.bytes.begin()).out);
    return address;
}

/// Groups of IPv6 as they come, and where `::` stands among them.
struct Groups {
    std::array<std::uint16_t, 8> values{};
    std::size_t count = 0;
    std::optional<std::size_t> gap;

    bool add(unsigned value) noexcept {
        if (count == values.size()) return false;
        values[count++] = static_cast<std::uint16_t>(value);
        return true;
    }
    bool addIpv4(std::string_view text) noexcept {
        const auto bytes = parseIpv4(text);
        return bytes && add((*bytes)[0] << 8U | (*bytes)[1]) && add((*bytes)[2] << 8U | (*bytes)[3]);
    }
    std::optional<IpAddress> address() const noexcept {
        if (gap ? count == values.size() : count != values.size()) return std::nullopt;
        IpAddress result;
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t place = gap && i >= *gap ? values.size() - count + i : i;
            result.bytes[2 * place] = static_cast<std::uint8_t>(values[i] >> 8U);
            result.bytes[2 * place + 1] = static_cast<std::uint8_t>(values[i] & 0xFFU);
        }
        return result;
    }
};

std::optional<IpAddress> parseIpv6(std::string_view text) noexcept {
    Groups groups;
    if (text.starts_with("::")) {
        groups.gap = 0;
        text.remove_prefix(2);
    }
    while (!text.empty()) {
        const std::size_t colon = text.find(':');
        const std::string_view group = text.substr(0, colon);
        if (colon == std::string_view::npos && group.find('.') != std::string_view::npos) {
            if (!groups.addIpv4(group)) return std::nullopt;
            break;
        }
        const auto value = number(group, 4, 0xFFFF, 16);
        if (!value || !groups.add(*value)) return std::nullopt;
        if (colon == std::string_view::npos) break;
        text.remove_prefix(colon + 1);
        if (text.empty()) return std::nullopt;
        if (text.front() != ':') continue;
        if (groups.gap) return std::nullopt;
        groups.gap = groups.count;
        text.remove_prefix(1);
    }
    return groups.address();
}

/// Where the longest run of zero groups begins and ends; at least two of them.
std::pair<std::size_t, std::size_t> longestGap(const std::array<unsigned, 8>& groups) noexcept {
    std::pair<std::size_t, std::size_t> best{8, 8};
    for (std::size_t i = 0; i < groups.size();) {
        std::size_t end = i;
        while (end < groups.size() && groups[end] == 0) ++end;
        if (end - i >= 2 && end - i > best.second - best.first) best = {i, end};
        i = std::max(end, i + 1);
    }
    return best;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) noexcept {
    if (text.find(':') != std::string_view::npos) return parseIpv6(text);
    const auto ipv4 = parseIpv4(text);
    return ipv4 ? std::optional{mapped(*ipv4)} : std::nullopt;
}

bool IpAddress::isIpv4() const noexcept { return std::equal(kMapped.begin(), kMapped.end(), bytes.begin()); }

bool IpAddress::isLoopback() const noexcept {
    if (isIpv4()) return bytes[12] == 127;
    return bytes.back() == 1 && std::all_of(bytes.begin(), bytes.end() - 1, [](std::uint8_t byte) { return byte == 0; });
}

std::string IpAddress::text() const {
    std::array<char, 48> out;
    if (isIpv4()) {
        const int size = std::snprintf(out.data(), out.size(), "%u.%u.%u.%u", bytes[12], bytes[13], bytes[14], bytes[15]);
        return {out.data(), static_cast<std::size_t>(size)};
    }
    std::array<unsigned, 8> groups{};
    for (std::size_t i = 0; i < groups.size(); ++i) groups[i] = static_cast<unsigned>(bytes[2 * i] << 8U | bytes[2 * i + 1]);
    const auto [begin, end] = longestGap(groups);
    std::string result;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        if (i == begin) {
            result += "::";
            i = end - 1;
            continue;
        }
        if (!result.empty() && !result.ends_with(':')) result += ':';
        result.append(out.data(), static_cast<std::size_t>(std::snprintf(out.data(), out.size(), "%x", groups[i])));
    }
    return result;
}

std::optional<IpEndpoint> IpEndpoint::parse(std::string_view text) {
    std::string_view host = text;
    std::string_view port;
    bool hasPort = false;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        host = text.substr(1, end - 1);
        if (host.find(':') == std::string_view::npos) return std::nullopt;
        const std::string_view rest = text.substr(end + 1);
        hasPort = !rest.empty();
        if (hasPort && rest.front() != ':') return std::nullopt;
        if (hasPort) port = rest.substr(1);
    } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos) {
        host = text.substr(0, colon);
        port = text.substr(colon + 1);
        hasPort = true;
    }
    const auto address = IpAddress::parse(host);
    if (!address || (hasPort && !number(port, 5, 65'535))) return std::nullopt;
    return IpEndpoint{*address, std::string{port}};
}

std::string IpEndpoint::text() const {
    const std::string host = address.isIpv4() ? address.text() : '[' + address.text() + ']';
    return port.empty() ? host : host + ':' + port;
}

std::optional<AddressRange> AddressRange::parse(std::string_view text) noexcept {
    const std::size_t slash = text.find('/');
    const auto address = IpAddress::parse(text.substr(0, slash));
    if (!address) return std::nullopt;
    const bool ipv4 = text.substr(0, slash).find(':') == std::string_view::npos;
    const unsigned most = ipv4 ? 32 : 128;
    const auto bits = slash == std::string_view::npos ? std::optional{most} : number(text.substr(slash + 1), 3, most);
    if (!bits) return std::nullopt;
    AddressRange range;
    range.first_ = *address;
    range.bits_ = *bits + 128 - most;
    for (std::size_t bit = range.bits_; bit < 128; ++bit) {
        if ((address->bytes[bit / 8] >> (7 - bit % 8) & 1) != 0) return std::nullopt;  // within it, not where it begins
    }
    return range;
}

std::string AddressRange::problemOf(std::string_view text) {
    if (parse(text)) return {};
    const std::size_t slash = text.find('/');
    const std::string_view host = text.substr(0, slash);
    if (host.find('%') != std::string_view::npos) return "has a zone, which ranges do not have; write fe80::/10";
    if (!IpAddress::parse(host)) return "is no address; write e.g. 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32 (names are not looked up)";
    const std::string most = host.find(':') == std::string_view::npos ? "32" : "128";
    if (!number(text.substr(slash + 1), 3, most == "32" ? 32 : 128)) return "does not end in a number of bits from 0 to " + most;
    return "is an address within a range; write the one that it begins with, such as 10.0.0.0/8";
}

bool AddressRange::contains(const IpAddress& address) const noexcept {
    const std::size_t whole = bits_ / 8, rest = bits_ % 8;
    if (!std::equal(first_.bytes.begin(), first_.bytes.begin() + static_cast<std::ptrdiff_t>(whole), address.bytes.begin())) return false;
    return rest == 0 || (first_.bytes[whole] ^ address.bytes[whole]) >> (8 - rest) == 0;
}

}  // namespace patchbay
