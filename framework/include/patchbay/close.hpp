#pragma once
// Why a session ended: the code on the wire, the text beside it, and the cause that only this server knows.

#include <cstdint>
#include <string>
#include <string_view>

namespace patchbay {

/// Close codes of RFC 6455 §7.4.1 and the IANA registry. Any value of an application (3000–4999) may be cast to it.
enum class CloseCode : std::uint16_t {
    Normal = 1000,
    GoingAway = 1001,
    ProtocolError = 1002,
    UnsupportedData = 1003,
    NoStatus = 1005,        ///< never on the wire: the peer's Close frame had no code
    Abnormal = 1006,        ///< never on the wire: the connection ended without a Close frame
    InvalidPayload = 1007,
    PolicyViolation = 1008,
    TooBig = 1009,
    MandatoryExtension = 1010,
    InternalError = 1011,
    ServiceRestart = 1012,
    TryAgainLater = 1013,
};

/// What ended a session. Each has its own counter and its own row in `messaging`'s table of closes.
enum class CloseCause : std::uint8_t {
    Application,     ///< the application called close()
    Peer,            ///< the peer sent a Close frame
    ConnectionLost,  ///< the connection ended without one
    Idle,            ///< nothing arrived for the idle timeout
    Protocol,        ///< the peer broke RFC 6455
    InvalidText,     ///< the peer sent text that is not UTF-8
    TooBig,          ///< a message over the limit
    HandlerFailed,   ///< a handler threw and no error handler took it
    QueueFull,       ///< the peer reads too slowly
    SendTimeout,     ///< the peer took nothing of what waited for it
    MessageTimeout,  ///< the peer began a message and did not go on with it
    OutOfMemory,     ///< the server had no memory for what the peer sent or was to get
    Policy,          ///< not allowed
    Expired,         ///< its credentials were for a time, or have been taken back: a new one may help
    Banned,          ///< it is not to come back
    Shutdown,        ///< the server drains
};

/// The word for a cause in logs and counters, such as "queue-full".
std::string_view name(CloseCause cause) noexcept;

/// How a session ended, as the close handler sees it.   Source: Jakarta WebSocket §2.1.5, RFC 6455 §7.1.5–7.1.6
class CloseReason {
public:
    CloseReason(CloseCode code, std::string text, CloseCause cause)
        : text_{std::move(text)}, code_{code}, cause_{cause} {}

    /// The close code; `NoStatus` and `Abnormal` stand for "none was sent".
    CloseCode code() const noexcept { return code_; }
    /// The text beside the code, at most 123 bytes of UTF-8; may be empty.
    const std::string& text() const noexcept { return text_; }
    /// What ended the session.
    CloseCause cause() const noexcept { return cause_; }

private:
    std::string text_;
    CloseCode code_;
    CloseCause cause_;
};

}  // namespace patchbay
