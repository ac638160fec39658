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

    /// Something that comes from the peer.
    struct Arrival {
        enum class What : std::uint8_t { Message, Pong, Close, Loss };
        What what = What::Message;
        MessageKind kind = MessageKind::Text;
        CloseCode code = CloseCode::Normal;
        std::string text = {};  // payload or reason
    };

    /// Hands it to the session, or puts it behind what is not read.   Thread: the loop's.
    void arrive(Arrival arrival);
    /// What is not read, in its order, as far as the server reads.   Thread: the loop's.
    void readOn();
    /// Nothing more passes; the server's goodbye, if it could say one, is `last`. Only the first end counts.
    void end(std::optional<Goodbye> last);

    Machine& machine;
    std::shared_ptr<messaging::SessionCore> session;
    HeaderFields headers;
    std::string subprotocol;
    // The loop's thread's:
    bool paused = false;         // the server does not read
    std::deque<Arrival> unread;  // what has arrived since

    std::mutex lock;  // guards what follows
    std::vector<Received> received;
    std::deque<Received> queue;  // waits while the peer is stalled
    std::size_t queuedBytes = 0;
    bool stalled = false;
    bool ended = false;
    std::optional<Goodbye> goodbye;
    std::size_t pings = 0;
    std::size_t dropped = 0;

private:
    void deliver(const Arrival& arrival);
    void fail(CloseCause cause, CloseCode code, const std::string& rule);
};

class MemoryCarrier final : public messaging::Carrier {
public:
    explicit MemoryCarrier(const std::shared_ptr<Peer::Line>& line, SendQueue limit) : line_{line}, limit_{limit} {}

    SendStatus send(MessageKind kind, Bytes payload) noexcept override;
    SendStatus send(const messaging::Delivery& delivery) noexcept override;
    SendStatus ping(Bytes payload) noexcept override;
    void pauseReading() noexcept override;
    void resumeReading() noexcept override;
    void close(CloseCode code, std::string_view text) noexcept override;
    void closeNow(CloseCode code, std::string_view text) noexcept override;

private:
    SendStatus admit(Peer::Line& line, std::size_t payloadBytes);

    const std::weak_ptr<Peer::Line> line_;  // the line keeps the session, and that keeps the carrier
    const SendQueue limit_;
};

}  // namespace patchbay::testkit
