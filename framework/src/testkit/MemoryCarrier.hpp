#pragma once
// The carrier of a session whose peer is an object in the same process: the second one beside WebSocket.

#include "messaging/Carrier.hpp"
#include "messaging/SessionCore.hpp"
#include "testkit/Machine.hpp"

#include <patchbay/testkit.hpp>

#include <deque>
#include <mutex>

namespace patchbay::testkit {

/// Both ends of a connection.   Thread: the carrier's calls from any, the rest the test's.
struct Peer::Line {
    explicit Line(Machine& theMachine) noexcept : machine{theMachine} {}

    /// A message of the peer's, held against the endpoint's limit as a transport does.
    void send(MessageKind kind, Bytes payload);
    /// Nothing more passes; the server's goodbye is `last`. Only the first end counts.
    void end(Goodbye last);

    Machine& machine;
    std::shared_ptr<messaging::SessionCore> session;
    HeaderFields headers;
    std::string subprotocol;

    std::mutex lock;  // guards what follows
    std::vector<Received> received;
    std::deque<Received> queue;  // waits while the peer is stalled
    std::size_t queuedBytes = 0;
    bool stalled = false;
    bool ended = false;
    std::optional<Goodbye> goodbye;
    std::size_t pings = 0;
    std::size_t dropped = 0;
};

class MemoryCarrier final : public messaging::Carrier {
public:
    explicit MemoryCarrier(const std::shared_ptr<Peer::Line>& line, SendQueue limit) : line_{line}, limit_{limit} {}

    SendStatus send(MessageKind kind, Bytes payload) noexcept override;
    SendStatus send(const messaging::Delivery& delivery) noexcept override;
    SendStatus ping(Bytes payload) noexcept override;
    void close(CloseCode code, std::string_view text) noexcept override;
    void closeNow(CloseCode code, std::string_view text) noexcept override;

private:
    SendStatus admit(Peer::Line& line, std::size_t payloadBytes);

    const std::weak_ptr<Peer::Line> line_;  // the line keeps the session, and that keeps the carrier
    const SendQueue limit_;
};

}  // namespace patchbay::testkit
