#include <patchbay/close.hpp>

namespace patchbay {

std::string_view name(CloseCause cause) noexcept {
    switch (cause) {
        case CloseCause::Application: return "application";
        case CloseCause::Peer: return "peer";
        case CloseCause::ConnectionLost: return "connection-lost";
        case CloseCause::Idle: return "idle";
        case CloseCause::Protocol: return "protocol";
        case CloseCause::InvalidText: return "invalid-text";
        case CloseCause::TooBig: return "too-big";
        case CloseCause::HandlerFailed: return "handler-failed";
        case CloseCause::QueueFull: return "queue-full";
        case CloseCause::SendTimeout: return "send-timeout";
        case CloseCause::MessageTimeout: return "message-timeout";
        case CloseCause::OutOfMemory: return "out-of-memory";
        case CloseCause::Policy: return "policy";
        case CloseCause::Expired: return "expired";
        case CloseCause::Banned: return "banned";
        case CloseCause::Shutdown: return "shutdown";
    }
    return "unknown";
}

}  // namespace patchbay
