#pragma once
// The proxies that are believed when they say whom they speak for: `server.trustedProxies`.
//
//   entry = range (IpAddress.hpp) | "unix"          unix: whoever may connect to a Unix socket of ours

#include "base/IpAddress.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace patchbay {

class TrustedProxies {
public:
    TrustedProxies() = default;
    /// An entry that problemOf() says something about is nobody.
    explicit TrustedProxies(const std::vector<std::string>& entries);

    /// What is wrong with an entry and what to write instead; empty when nothing is.
    static std::string problemOf(std::string_view entry);

    bool empty() const noexcept { return ranges_.empty() && !unix_; }
    bool trusts(const IpAddress& address) const noexcept;
    /// `peer` as sockets name it: `192.0.2.7:50312`, `[2001:db8::1]:80`, `local`.
    bool trusts(std::string_view peer) const;

private:
    std::vector<AddressRange> ranges_;
    bool unix_ = false;
};

}  // namespace patchbay
