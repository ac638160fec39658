#include "messaging/SessionStart.hpp"

#include <algorithm>

namespace patchbay::messaging {
namespace {

/// Of whoever is nobody in particular.
const std::shared_ptr<const Principal>& nobody() {
    static const auto none = std::make_shared<const Principal>();
    return none;
}

}  // namespace

Origin::Origin(SessionStart& start)
    : texts_{std::make_unique_for_overwrite<char[]>(start.uri.size() + start.remoteAddress.size())},
      uriBytes_{static_cast<std::uint32_t>(start.uri.size())},
      addressBytes_{static_cast<std::uint16_t>(start.remoteAddress.size())},
      secure_{start.secure} {
    std::ranges::copy(start.remoteAddress, std::ranges::copy(start.uri, texts_.get()).out);
    const bool isNobody = start.principal == Principal{};
    if (isNobody && start.subprotocol.empty() && start.extensions.empty() && start.path.empty()) return;
    rest_ = std::make_unique<const Rest>(Rest{std::move(start.subprotocol), std::move(start.extensions),
                                              std::move(start.path),
                                              isNobody ? nobody() : std::make_shared<const Principal>(std::move(start.principal))});
}

const Origin::Rest& Origin::rest() const noexcept {
    static const Rest empty{{}, {}, {}, nobody()};
    return rest_ ? *rest_ : empty;
}

}  // namespace patchbay::messaging
