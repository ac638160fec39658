#include "base/TrustedProxies.hpp"

#include <algorithm>

namespace patchbay {
namespace {

constexpr std::string_view kUnix = "unix";

}  // namespace

TrustedProxies::TrustedProxies(const std::vector<std::string>& entries) {
    for (const std::string& entry : entries) {
        if (entry == kUnix) unix_ = true;
        if (const auto range = AddressRange::parse(entry)) ranges_.push_back(*range);
    }
}

std::string TrustedProxies::problemOf(std::string_view entry) {
    return entry == kUnix ? std::string{} : AddressRange::problemOf(entry);
}

bool TrustedProxies::trusts(const IpAddress& address) const noexcept {
    return std::ranges::any_of(ranges_, [&](const AddressRange& range) { return range.contains(address); });
}

bool TrustedProxies::trusts(std::string_view peer) const {
    if (peer == "local") return unix_;
    if (ranges_.empty()) return false;
    const auto endpoint = IpEndpoint::parse(peer);
    return endpoint && trusts(endpoint->address);
}

}  // namespace patchbay
