#pragma once
// How an outgoing message fared.

#include <cstdint>

namespace patchbay {

enum class SendStatus : std::uint8_t {
    Queued,
    Dropped,  ///< by the queue's policy, and counted
    Full,     ///< the policy is Close: the session has to be closed, nothing was queued
    Closed,   ///< nothing more is sent on this connection
};

}  // namespace patchbay
