#pragma once
// A connection of the simulation, both ends: the carrier that its session has, the network between, and the peer.
//
//     session -> carrier -> queue (the endpoint's sendQueue) -> a peer that reads, or does not
//     peer -> what is under way -> the loop's turn -> session
//
// It behaves as websocket/WebSocketCarrier does: one write per turn; a goodbye waits behind the messages and has a bound;
// who has said and heard a goodbye ends the connection; the session owns its carrier until then, and the carrier keeps the
// session.

#include "Model.hpp"
#include "SimLoop.hpp"
#include "Trace.hpp"

#include "messaging/SessionCore.hpp"
#include "transport/ConnectionPlace.hpp"

#include <patchbay/carrier.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <string>

namespace patchbay::simulation {

/// Faults that a test plants in the simulation itself, to see that they are found and shrunk.
enum class Planted : std::uint8_t {
    Nothing,
    SwallowsBehindPing,  ///< a peer that has stalled and was pinged never gets the next message
};

/// What all connections of a run share.
struct Surroundings {
    Machine& machine;
    Model& model;
    Trace& trace;
    Planted planted = Planted::Nothing;
    std::uint64_t fullQueues = 0;  ///< how often a queue was full
    bool byBytes = false;          ///< connections are Streams
    std::shared_ptr<transport::ConnectionCount> places = std::make_shared<transport::ConnectionCount>(std::make_shared<Doorbell>());
};

/// Some of a script's steps.
struct Range {
    std::uint32_t first = 0, last = 0;
    bool empty() const noexcept { return first == last; }
};

class Stream;

class Connection {
public:
    static constexpr std::chrono::milliseconds kOverflowTimeout{1000};

    Connection(Surroundings& surroundings, SimLoop& loop, Model::Id id, unsigned slot);
    Connection(const Connection&) = delete;
    ~Connection();

    // ---- the server's side ----

    Model::Id id() const noexcept { return id_; }
    unsigned slot() const noexcept { return slot_; }
    SimLoop& loop() const noexcept { return loop_; }
    /// A handle that somebody has kept.
    const Session& session() const noexcept { return handle_; }
    bool isOpen() const noexcept { return handle_.isOpen(); }
    /// How many messages have fallen before they came to the carrier.
    std::uint64_t droppedBefore() const noexcept;
    const Limits& limits() const noexcept { return core().endpoint().config.limits; }
    /// The model is told what is seen from outside.
    void look() { around_.model.look(id_, isOpen()); }

    /// The handshake is done, and the session made.
    void begin(const std::shared_ptr<messaging::SessionCore>& session);
    /// The connection is there.   Thread: the loop's.
    void open();
    bool isPending() const noexcept { return pending_ != nullptr; }
    bool hasEnded() const noexcept;
    bool hasCarrier() const noexcept;
    /// The time to part in good order is over.   Thread: the loop's.
    void cut() noexcept;
    /// Hands on what has arrived.   Thread: the loop's.
    void arrive();
    /// Writes what waits.   Thread: the loop's.
    void flush() noexcept;
    /// Whether a turn would hand something on, or write something.
    bool hasWork() const noexcept;
    /// Its peer has said more, and the session has it not read.
    bool isHeldUp() const noexcept;
    /// The handler of its peer's message of that number begins.
    void handles(std::uint32_t number);
    /// A connection by bytes is there though the time for a goodbye is over.
    bool isLate() const noexcept;
    /// Everything is at rest.
    void checkRest();
    /// Nobody keeps its handle any more.   Returns: whether its session has gone.
    bool letGo() noexcept;

    // ---- the peer ----

    void say(std::uint32_t step, std::size_t bytes, MessageKind kind);
    void sayGoodbye(CloseCode code);
    void breakRule(CloseCause rule);
    /// A message in one frame more than it may have.
    void sayInTooManyFrames();
    void loseConnection();
    /// The server hears nothing of it.
    void vanish();
    void stall() noexcept;
    void read(std::size_t messages) noexcept;
    void flow() noexcept;
    void delay(std::chrono::milliseconds time) noexcept;
    void mute() noexcept;
    /// It begins what it says next, and does not go on.
    void hang() noexcept;
    /// Nothing is under way any longer than it takes, and everybody reads.
    void calm() noexcept;

    /// What its hooks and handlers do.
    Range atOpened, atOpen, atClose, atClosed, atError, atDestroyed;

private:
    friend class SimCarrier;
    struct Arrival {
        enum class What : std::uint8_t { Message, Goodbye, Break, Lost, Pong } what;
        MessageKind kind = MessageKind::Text;
        CloseCode code = CloseCode::Normal;
        CloseCause cause = CloseCause::Peer;
        std::uint32_t step = 0, number = 0, bytes = 0;
        Clock::time_point due{};
    };

    SendStatus take(Bytes payload) noexcept;
    SendStatus admit(std::size_t bytes) noexcept;
    void dropOne() noexcept;
    SendStatus answerPing() noexcept;
    void close(CloseCode code, std::string_view text, bool atOnce) noexcept;
    void endConnection() noexcept;
    bool isDeaf() const noexcept { return ended_ || vanished_ || goodbyeSaid_; }
    void pauseReading() noexcept;
    void resumeReading() noexcept;
    void put(Arrival arrival);
    void receive(const Arrival& arrival);
    std::shared_ptr<messaging::SessionCore> endInTurn();
    void receiveMessage(const Arrival& arrival);
    messaging::SessionCore& core() const noexcept { return *messaging::SessionCore::of(handle_); }

    Surroundings& around_;
    SimLoop& loop_;
    const Model::Id id_;
    const unsigned slot_;
    std::unique_ptr<Stream> stream_;                   // where the run is by bytes: all that follows is its
    Session handle_;                                   // somebody else's, who never gives it back
    std::shared_ptr<messaging::SessionCore> pending_;  // until the connection is there
    std::shared_ptr<messaging::SessionCore> kept_;     // the carrier's, until the connection has ended
    unsigned carriers_ = 0;
    TimerId giveUp_ = 0;
    // out
    std::deque<std::uint32_t> queue_;  // bytes on the wire of each message
    std::size_t queuedBytes_ = 0;
    std::uint64_t dropped_ = 0;
    bool stalled_ = false, mute_ = false, vanished_ = false, goodbyeSaid_ = false, goodbyeRead_ = false, ended_ = false;
    bool pinged_ = false;
    // in
    std::deque<Arrival> underWay_;
    std::uint32_t said_ = 0;
    std::chrono::milliseconds delay_{};
    bool paused_ = false;  // by its session
};

/// A message whose payload begins with the number of its call; the rest follows from it.   Returns: valid until the next.
/// Units: at least 4 bytes.
Bytes payloadOf(Model::Call call, std::size_t bytes) noexcept;
/// 0 where it is not what payloadOf() made.
Model::Call callIn(Bytes payload) noexcept;

/// What a peer says: text that begins with the number of its message and the step that said it.   Units: at least 8 bytes.
std::string saidBy(std::uint32_t number, std::uint32_t step, std::size_t bytes);
struct Said {
    std::uint32_t number, step;
};
/// Nothing where it is not whole.
std::optional<Said> saidIn(Bytes payload) noexcept;

}  // namespace patchbay::simulation
