#pragma once
// Pings whoever connects. A peer that answers is told so after a while; one that is only silent is taken for dead
// first.

#include <patchbay/annotations.hpp>

namespace tutorial {

inline constexpr std::string_view kPayload = "are you there?";

class Pinged {
    SERVER_ENDPOINT(Pinged, "/pinged", .origins = {"*"}, .idleTimeout = 1500ms)
public:
    ON_OPEN(ping)
    void ping(patchbay::Session session) {
        if (left_-- == 0) return session.send("you are there");
        session.basicRemote().sendPing(patchbay::asBytes(kPayload));
        session.after(std::chrono::milliseconds{150}, [this, session] { ping(session); });
    }

private:
    int left_ = 16;  // 2.4 s of silence on the peer's side, but for its pongs
};

}  // namespace tutorial
