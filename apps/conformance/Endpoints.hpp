#pragma once
// What foreign test suites and load generators talk to. Annotated endpoints like any user's.

#include <patchbay/annotations.hpp>
#include <patchbay/topics.hpp>

namespace conformance {

/// Messages up to 64 MiB; a queue that holds a few of them.
inline constexpr std::size_t kLargestMessage = std::size_t{64} << 20;
inline constexpr std::size_t kQueueBytes = 4 * kLargestMessage;

/// Text comes back as text, binary as binary.
class Echo {
    SERVER_ENDPOINT(Echo, "/echo", .origins = {"*"}, .idleTimeout = 0s, .maxMessageSize = kLargestMessage,
                    .sendQueue = {.bytes = kQueueBytes})
public:
    ON_MESSAGE(text)
    std::string_view text(std::string_view message) { return message; }

    ON_MESSAGE(binary)
    patchbay::Bytes binary(patchbay::Bytes message) { return message; }
};

/// Each message to everyone here, the sender included.
class Fanout {
    SERVER_ENDPOINT(Fanout, "/fanout", .origins = {"*"}, .idleTimeout = 0s, .maxMessageSize = kLargestMessage,
                    .sendQueue = {.bytes = kQueueBytes})
public:
    explicit Fanout(patchbay::Topics& topics) : topics_{topics} {}

    ON_OPEN(joined)
    void joined(patchbay::Session session) { session.subscribe("all"); }

    ON_MESSAGE(text)
    void text(std::string_view message) { topics_.publish("all", message); }

    ON_MESSAGE(binary)
    void binary(patchbay::Bytes message) { topics_.publish("all", message); }

private:
    patchbay::Topics& topics_;
};

/// Says nothing: what a handshake costs, with a check of the origin, a session and an open handler.
class Visits {
    SERVER_ENDPOINT(Visits, "/visit", .idleTimeout = 0s)
public:
    ON_OPEN(opened)
    void opened(patchbay::Session session) { visitor_ = session.id(); }

private:
    patchbay::SessionId visitor_ = 0;
};

/// A struct of a text, a number and a list of texts.
struct Record {
    std::string text;
    double number;
    std::vector<std::string> list;
};

/// Decoded, and sent back.
class Json {
    SERVER_ENDPOINT(Json, "/json", .origins = {"*"}, .idleTimeout = 0s, .maxMessageSize = kLargestMessage,
                    .sendQueue = {.bytes = kQueueBytes})
public:
    ON_MESSAGE(record)
    const Record& record(const Record& record) { return record; }
};

}  // namespace conformance
