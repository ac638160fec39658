#pragma once
// A message to many: its payload once, and once each form in which WebSocket carriers put it on the wire.

#include "base/SharedBytes.hpp"

#include <array>
#include <mutex>

namespace patchbay::messaging {

/// Thread: any.
class SharedMessage {
public:
    SharedMessage(MessageKind kind, Bytes payload) : payload_{SharedBytes::concat({}, payload)}, kind_{kind} {}

    MessageKind kind() const noexcept { return kind_; }
    Bytes payload() const noexcept { return payload_.bytes(); }

    /// How many forms there can be: plain, and those of an extension (extension.hpp).
    static constexpr std::size_t kForms = 16;

    /// The message on the wire in that form, as `encode(kind, payload)` makes it; the first who asks encodes, the others
    /// share.   Requires: for one form every caller gives the same function, so that one transport encodes a message.
    template <class Encode>
    const SharedBytes& encoded(std::size_t form, Encode encode) const {
        Form& wanted = forms_.at(form);
        std::call_once(wanted.once, [&] { wanted.bytes = encode(kind_, payload()); });
        return wanted.bytes;
    }

private:
    struct Form {
        std::once_flag once;
        SharedBytes bytes;
    };
    mutable std::array<Form, kForms> forms_;
    SharedBytes payload_;
    MessageKind kind_;
};

}  // namespace patchbay::messaging
