#pragma once
// The carrier of a session whose peer is an object in the same process: the second one beside WebSocket, and as any module's
// would be (patchbay/carrier.hpp).

#include "testkit/Machine.hpp"

#include <patchbay/carrier.hpp>
#include <patchbay/testkit.hpp>

#include <deque>
#include <mutex>

namespace patchbay::testkit {

/// Both ends of a connection.   Thread: the carrier's calls from any, the rest the test's.
struct Peer::Line : std::enable_shared_from_this<Peer::Line> {
    explicit Line(Machine& theMachine) noexcept : machine{theMachine} {}

    /// Something that comes from the peer.
    struct Arriving {
        enum class What : std::uint8_t { Message, Pong, Close, Loss };
        What what = What::Message;
        MessageKind kind = MessageKind::Text;
        CloseCode code = CloseCode::Normal;
        std::string text = {};  // payload or reason
    };

    /// A message that has not been taken.
    struct Waiting {
        Received message;
        std::size_t bytes;  // as on the wire
        SendCompletion completion;
    };

    /// Hands it to the session, or puts it behind what is not read.   Thread: the loop's.
    void arrive(Arriving arriving);
    /// What is not read, one after the other, as far as the server reads.   Thread: the loop's.
    void readOn();
    /// Nothing more passes; the server's goodbye, if it could say one, is `last`. Only the first end counts.
    void end(std::optional<Goodbye> last);
    /// A whole message arrives at the peer, or waits while that is stalled.   Requires: the lock is held.
    void put(Waiting whole);
    /// The peer takes what waits.
    void takeQueue();

    Machine& machine;
    CarrierInput input;
    HeaderFields headers;
    std::string subprotocol;
    // The loop's thread's:
    bool paused = false;          // the server does not read
    std::deque<Arriving> unread;  // what has arrived since

    std::mutex lock;  // guards what follows
    std::vector<Received> received;
    std::deque<Waiting> queue;  // waits while the peer is stalled
    std::optional<Waiting> unfinished;  // its last part has not come
    std::size_t queuedBytes = 0;  // of the queue
    bool stalled = false;
    bool ended = false;
    std::optional<Goodbye> goodbye;
    std::size_t pings = 0;

private:
    void handOn(const Arriving& arriving);
};

class MemoryCarrier final : public Carrier {
public:
    explicit MemoryCarrier(const std::shared_ptr<Peer::Line>& line) : line_{line} {}
    ~MemoryCarrier() override;

    SendStatus send(MessageKind kind, Bytes payload) override;
    bool sendsParts() const override { return true; }
    SendStatus sendPart(MessageKind kind, Bytes piece, PieceOf of, SendCompletion& completion) override;
    std::size_t queuedBytes() const override;
    bool dropOldest() override;
    SendStatus ping(Bytes payload) override;
    void pauseReading() override;
    void resumeReading() override;
    void close(CloseCode code, std::string_view text) override;
    void closeNow(CloseCode code, std::string_view text) override;

private:
    const std::weak_ptr<Peer::Line> line_;  // the line keeps the input, and that the carrier
};

}  // namespace patchbay::testkit
