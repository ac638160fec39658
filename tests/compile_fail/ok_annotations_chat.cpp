// The design's chat room. Every annotations_*.cpp differs from such a class in its mistake.
#include <patchbay/annotations.hpp>
#include <patchbay/session.hpp>
#include <patchbay/topics.hpp>

namespace chat {

using patchbay::CloseReason, patchbay::PathParam, patchbay::Session, patchbay::Topics;

struct Say {
    std::string text;
};
struct Typing {};
struct Said {
    std::string from, text;
};

class ChatRoom {
    SERVER_ENDPOINT(ChatRoom, "/chat/{room}", .subprotocols = {"chat.v1"}, .idleTimeout = 5min)
public:
    explicit ChatRoom(Topics& topics) : topics_{topics} {}

    ON_OPEN(joined)
    void joined(Session session, PathParam<"room"> room) { session.subscribe(room); }

    ON_MESSAGE(said, .maxMessageSize = 4_KiB)
    void said(Session session, const Say& say, PathParam<"room"> room) {
        topics_.publish(room, Said{session.displayName(), say.text});
    }

    ON_MESSAGE(typing)
    void typing(Session session, const Typing&, PathParam<"room"> room);

    ON_CLOSE(left)
    void left(Session session, CloseReason reason, PathParam<"room"> room);

    ON_ERROR(failed)
    void failed(Session session, const std::exception& error);

private:
    Topics& topics_;
};

}  // namespace chat
