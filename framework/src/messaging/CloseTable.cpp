#include "messaging/CloseTable.hpp"

namespace patchbay::messaging {

CloseRow closeRow(CloseCause cause) noexcept {
    using log::Level;
    switch (cause) {
        case CloseCause::Application:
        case CloseCause::Peer: return {CloseCode::Normal, CloseCode::Normal, "", Level::Debug};
        case CloseCause::ConnectionLost: return {CloseCode::Abnormal, CloseCode::Abnormal, "", Level::Debug};
        case CloseCause::Idle: return {CloseCode::GoingAway, CloseCode::Abnormal, "idle", Level::Info, "idleTimeout"};
        case CloseCause::Protocol: return {CloseCode::ProtocolError, CloseCode::ProtocolError, "protocol error", Level::Info};
        case CloseCause::InvalidText: return {CloseCode::InvalidPayload, CloseCode::InvalidPayload, "invalid text", Level::Info};
        case CloseCause::TooBig: return {CloseCode::TooBig, CloseCode::TooBig, "message too big", Level::Info, "maxMessageSize or maxFragments"};
        case CloseCause::HandlerFailed: return {CloseCode::InternalError, CloseCode::InternalError, "internal error", Level::Info};
        case CloseCause::QueueFull: return {CloseCode::TryAgainLater, CloseCode::TryAgainLater, "reads too slowly", Level::Info, "sendQueue"};
        case CloseCause::SendTimeout: return {CloseCode::TryAgainLater, CloseCode::TryAgainLater, "reads nothing", Level::Info, "sendTimeout"};
        case CloseCause::MessageTimeout: return {CloseCode::PolicyViolation, CloseCode::PolicyViolation, "message not finished", Level::Info, "messageTimeout"};
        case CloseCause::OutOfMemory: return {CloseCode::TryAgainLater, CloseCode::TryAgainLater, "no memory", Level::Info};
        case CloseCause::Policy: return {CloseCode::PolicyViolation, CloseCode::PolicyViolation, "not allowed", Level::Info};
        case CloseCause::Expired: return {CloseCode::PolicyViolation, CloseCode::PolicyViolation, "expired", Level::Info};
        case CloseCause::Banned: return {CloseCode::PolicyViolation, CloseCode::PolicyViolation, "banned", Level::Info};
        case CloseCause::Shutdown: return {CloseCode::GoingAway, CloseCode::GoingAway, "server shuts down", Level::Debug};
    }
    return {CloseCode::InternalError, CloseCode::InternalError, "internal error", Level::Info};
}

}  // namespace patchbay::messaging
