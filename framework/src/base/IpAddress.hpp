#pragma once
// Addresses of the internet and ranges of them, as text says them. No name is looked up.
//
//   range = address [ "/" bits ]          of an IPv4 address 0 to 32 bits, of an IPv6 address 0 to 128
//
// An IPv4 address is held as the IPv6 address that stands for it (::ffff:192.0.2.1), so that both spellings are one.
// Source: RFC 4291 §2.2, §2.5.5.2; RFC 4632 §3.1; RFC 5952

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace patchbay {

struct IpAddress {
    std::array<std::uint8_t, 16> bytes{};

    /// Nothing for what is no address, such as one with a zone (`fe80::1%eth0`): it says something to its own machine only.
    static std::optional<IpAddress> parse(std::string_view text) noexcept;
    bool isIpv4() const noexcept;
    /// Of this very machine: 127.0.0.0/8 and ::1.
    bool isLoopback() const noexcept;
    /// The one form: `192.0.2.1`, `2001:db8::1`.
    std::string text() const;

    friend bool operator==(const IpAddress&, const IpAddress&) = default;
};

/// An address as sockets name it, IPv6 in brackets, with a port or without.
struct IpEndpoint {
    IpAddress address;
    std::string port = {};  ///< empty: none is known

    /// Nothing for what is none. IPv6 without a port may also do without its brackets.
    static std::optional<IpEndpoint> parse(std::string_view text);
    /// `192.0.2.1:80`, `[2001:db8::1]:80`; without a port just `192.0.2.1`, `[2001:db8::1]`.
    std::string text() const;
};

class AddressRange {
public:
    /// Nothing for what problemOf() says something about.
    static std::optional<AddressRange> parse(std::string_view text) noexcept;
    /// What is wrong with a range and what to write instead; empty when nothing is.
    static std::string problemOf(std::string_view text);
    bool contains(const IpAddress& address) const noexcept;

private:
    IpAddress first_;
    unsigned bits_ = 0;  // of 128
};

}  // namespace patchbay
