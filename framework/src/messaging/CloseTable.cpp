#include "messaging/CloseTable.hpp"

namespace patchbay::messaging {

CloseRow closeRow(CloseCause cause) noexcept {
    switch (cause) {
        case CloseCause::Application:
        case CloseCause::Peer: return {CloseCode::Normal, CloseCode::Normal, false};
        case CloseCause::ConnectionLost: return {CloseCode::Abnormal, CloseCode::Abnormal, false};
        case CloseCause::Idle: return {CloseCode::GoingAway, CloseCode::Abnormal, true};
        case CloseCause::Protocol: return {CloseCode::ProtocolError, CloseCode::ProtocolError, true};
        case CloseCause::InvalidText: return {CloseCode::InvalidPayload, CloseCode::InvalidPayload, true};
        case CloseCause::TooBig: return {CloseCode::TooBig, CloseCode::TooBig, true};
        case CloseCause::HandlerFailed: return {CloseCode::InternalError, CloseCode::InternalError, true};
        case CloseCause::QueueFull: return {CloseCode::TryAgainLater, CloseCode::TryAgainLater, true};
        case CloseCause::Policy: return {CloseCode::PolicyViolation, CloseCode::PolicyViolation, true};
        case CloseCause::Shutdown: return {CloseCode::GoingAway, CloseCode::GoingAway, false};
    }
    return {CloseCode::InternalError, CloseCode::InternalError, true};
}

}  // namespace patchbay::messaging
