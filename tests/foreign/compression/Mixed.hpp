#pragma once
// Answers and broadcasts on one connection, as the client chooses: a message that begins with "all " goes to everybody
// here, the sender included; any other comes back to the sender alone.

#include <patchbay/annotations.hpp>
#include <patchbay/topics.hpp>

namespace mixed {

inline constexpr std::string_view kForAll = "all ";

class Mixed {
    SERVER_ENDPOINT(Mixed, "/mixed", .origins = {"*"}, .idleTimeout = 0s, .maxMessageSize = std::size_t{1} << 20,
                    .sendQueue = {.bytes = std::size_t{64} << 20})
public:
    explicit Mixed(patchbay::Topics& topics) : topics_{topics} {}

    ON_OPEN(joined)
    void joined(patchbay::Session session) { session.subscribe("all"); }

    ON_MESSAGE(said)
    void said(patchbay::Session session, std::string_view text) {
        if (text.starts_with(kForAll))
            topics_.publish("all", text);
        else
            session.send(text);
    }

private:
    patchbay::Topics& topics_;
};

}  // namespace mixed
