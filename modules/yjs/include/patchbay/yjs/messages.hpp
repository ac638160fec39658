#pragma once
// The messages of y-websocket, one in each binary message of a WebSocket. What a server answers:
//
//   on connect         its own step 1, then the awareness states if there are any
//   step 1             step 2, also where that is empty: only then is a client synced
//   step 2, update     takes it as an update, and relays it to the others
//   awareness          relays what is new;   query awareness: all states
//   every 10 to 20 s   Awareness::keepAlive(): a client closes what has sent no message for 30 s
//
// Source: y-protocols 1.0, y-websocket 3.1.

#include <patchbay/yjs/encoding.hpp>

namespace patchbay::yjs {

enum class MessageType : std::uint8_t {
    SyncStep1,       ///< 0 0 varbytes: what the sender knows, a state vector
    SyncStep2,       ///< 0 1 varbytes: what the receiver lacks, an update
    Update,          ///< 0 2 varbytes: an update
    Awareness,       ///< 1 varbytes
    AccessDenied,    ///< 2 0 varstring: why; for clients only
    QueryAwareness,  ///< 3
};

struct Message {
    MessageType type = MessageType::QueryAwareness;
    /// What it carries, within the bytes that were read.
    Bytes body;
};

/// Errors: UnknownMessage, or what is wrong with its encoding. What it carries is not looked at.
Fault readMessage(Bytes bytes, Message& out);
/// Requires: for AccessDenied a body of UTF-8; for QueryAwareness none.
Buffer writeMessage(MessageType type, Bytes body = {});

}  // namespace patchbay::yjs
