#pragma once
// A message to many: its payload once, and once the form in which WebSocket carriers put it on the wire.

#include "base/SharedBytes.hpp"

#include <mutex>

namespace patchbay::messaging {

/// Thread: any.
class SharedMessage {
public:
    SharedMessage(MessageKind kind, Bytes payload) : payload_{SharedBytes::concat({}, payload)}, kind_{kind} {}

    MessageKind kind() const noexcept { return kind_; }
    Bytes payload() const noexcept { return payload_.bytes(); }

    /// The message on the wire, as `encode` makes it; the first who asks encodes, the others share.
    /// Requires: every caller gives the same function, so that one transport encodes a message.
    template <class Encode>
    const SharedBytes& encoded(Encode encode) const {
        std::call_once(once_, [&] { encoded_ = encode(kind_, payload()); });
        return encoded_;
    }

private:
    mutable std::once_flag once_;
    mutable SharedBytes encoded_;
    SharedBytes payload_;
    MessageKind kind_;
};

}  // namespace patchbay::messaging
