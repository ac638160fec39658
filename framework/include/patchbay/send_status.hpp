#pragma once
// How an outgoing message fared.

#include <cstdint>

namespace patchbay {

enum class SendStatus : std::uint8_t {
    Queued,   ///< it is on its way
    Dropped,  ///< it fell to the queue's policy, and was counted (Session::droppedMessages)
    Full,     ///< no room: a session whose policy is Close closes with 1013
    Closed,   ///< nothing more is sent to this peer, or by this server
};

}  // namespace patchbay
