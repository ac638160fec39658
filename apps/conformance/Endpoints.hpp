#pragma once
// What foreign test suites and load generators talk to. Annotated endpoints like any user's.

#include <patchbay/annotations.hpp>
#include <patchbay/async.hpp>
#include <patchbay/executor.hpp>
#include <patchbay/server_container.hpp>
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

/// The same where handlers may block: what the way to the pool and back costs.
class WorkerEcho {
    SERVER_ENDPOINT(WorkerEcho, "/worker", .origins = {"*"}, .idleTimeout = 0s, .maxMessageSize = kLargestMessage,
                    .sendQueue = {.bytes = kQueueBytes}, .dispatch = Worker)
public:
    ON_MESSAGE(text)
    std::string_view text(std::string_view message) { return message; }

    ON_MESSAGE(binary)
    patchbay::Bytes binary(patchbay::Bytes message) { return message; }
};

/// A message of one's own, as coroutines take theirs.
class OwnedEcho {
    SERVER_ENDPOINT(OwnedEcho, "/owned", .origins = {"*"}, .idleTimeout = 0s, .maxMessageSize = kLargestMessage,
                    .sendQueue = {.bytes = kQueueBytes})
public:
    ON_MESSAGE(text)
    std::string text(std::string message) { return message; }

    ON_MESSAGE(binary)
    std::vector<std::byte> binary(std::vector<std::byte> message) { return message; }
};

/// The same by coroutines that do not wait.
class CoroutineEcho {
    SERVER_ENDPOINT(CoroutineEcho, "/coroutine", .origins = {"*"}, .idleTimeout = 0s, .maxMessageSize = kLargestMessage,
                    .sendQueue = {.bytes = kQueueBytes})
public:
    ON_MESSAGE(text)
    patchbay::Async<std::string> text(std::string message) { co_return message; }

    ON_MESSAGE(binary)
    patchbay::Async<std::vector<std::byte>> binary(std::vector<std::byte> message) { co_return message; }
};

/// By coroutines that wait for something that the pool does.
class WaitingEcho {
    SERVER_ENDPOINT(WaitingEcho, "/waiting", .origins = {"*"}, .idleTimeout = 0s, .maxMessageSize = kLargestMessage,
                    .sendQueue = {.bytes = kQueueBytes})
public:
    explicit WaitingEcho(patchbay::Executor& executor) : executor_{executor} {}

    ON_MESSAGE(text)
    patchbay::Async<std::string> text(std::string message) {
        co_await executor_.run([] {});
        co_return message;
    }

private:
    patchbay::Executor& executor_;
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

/// A page of 1 KiB, from a handler on the loop, on a worker, and from modules/web.
void servePages(patchbay::ServerContainer& server);

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
                    .sendQueue = {.bytes = kQueueBytes}, .typeTags = Never)
public:
    ON_MESSAGE(record)
    const Record& record(const Record& record) { return record; }
};

}  // namespace conformance
