#pragma once
// The chat: one room per {room}, names, who is here. What it says on the wire is in Messages.hpp.

#include "Messages.hpp"
#include "Rooms.hpp"

#include <patchbay/annotations.hpp>
#include <patchbay/session.hpp>
#include <patchbay/topics.hpp>

namespace chat {

using patchbay::CloseReason, patchbay::PathParam, patchbay::Session, patchbay::Topics;

/// One instance per connection; its handlers never overlap.
class ChatRoom {
    SERVER_ENDPOINT(ChatRoom, "/chat/{room}", .subprotocols = {"chat.v1"}, .idleTimeout = 2h, .maxMessageSize = 8_KiB,
                    .maxMessageRate = 50, .maxByteRate = 64_KiB)
public:
    ChatRoom(Topics& topics, Rooms& rooms) : topics_{topics}, rooms_{rooms} {}

    ON_OPEN(joined)
    void joined(Session session, PathParam<"room"> room);

    ON_MESSAGE(said)
    void said(Session session, const Say& say, PathParam<"room"> room);

    ON_MESSAGE(typing)
    void typing(Session session, const Typing&, PathParam<"room"> room);

    ON_CLOSE(left)
    void left(Session session, PathParam<"room"> room);

    ON_ERROR(failed)
    void failed(Session session, const patchbay::DecodeError& error);

private:
    Topics& topics_;
    Rooms& rooms_;
    std::string name_;
};

}  // namespace chat
