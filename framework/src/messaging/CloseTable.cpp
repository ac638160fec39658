#include "messaging/CloseTable.hpp"

namespace patchbay::messaging {

CloseRow closeRow(CloseCause cause) noexcept {
    switch (cause) {
        case CloseCause::Application:
        case CloseCause::Peer: return {CloseCode::Normal, CloseCode::Normal, "", false};
        case CloseCause::ConnectionLost: return {CloseCode::Abnormal, CloseCode::Abnormal, "", false};
        case CloseCause::Idle: return {CloseCode::GoingAway, CloseCode::Abnormal, "idle", true};
        case CloseCause::Protocol: return {CloseCode::ProtocolError, CloseCode::ProtocolError, "protocol error", true};
        case CloseCause::InvalidText: return {CloseCode::InvalidPayload, CloseCode::InvalidPayload, "invalid text", true};
        case CloseCause::TooBig: return {CloseCode::TooBig, CloseCode::TooBig, "message too big", true};
        case CloseCause::HandlerFailed: return {CloseCode::InternalError, CloseCode::InternalError, "internal error", true};
        case CloseCause::QueueFull: return {CloseCode::TryAgainLater, CloseCode::TryAgainLater, "reads too slowly", true};
        case CloseCause::Policy: return {CloseCode::PolicyViolation, CloseCode::PolicyViolation, "not allowed", true};
        case CloseCause::Shutdown: return {CloseCode::GoingAway, CloseCode::GoingAway, "server shuts down", false};
    }
    return {CloseCode::InternalError, CloseCode::InternalError, "internal error", true};
}

}  // namespace patchbay::messaging
