#include "messaging/RequireText.hpp"

#include <patchbay/hooks.hpp>

namespace patchbay {

void InterceptedMessage::replace(std::string payload) {
    if (kind_ == MessageKind::Text) messaging::requireText(payload);
    own_ = std::move(payload);
    payload_ = asBytes(own_);
}

}  // namespace patchbay
