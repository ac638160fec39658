#pragma once
// A connection byte by byte: the framework's own WebSocketCarrier and protocol::Connection, over a channel whose wire is the
// simulation's, and at the far end a client that speaks RFC 6455.
//
//     session ─ Tap ─ WebSocketCarrier ─ protocol::Connection ─ Channel ─ Wire ══ bytes under way ══ Client
//
// The wire takes less than it is given, or nothing while the client stalls (no credit); it brings what the client says in pieces
// that end anywhere, several frames at once, late, and breaks with a FIN or a reset. What is drawn here follows from the session's
// number, so a script is the same run each time.
//
// Looked at: what is entered at the carrier reaches the client whole, once and in order, but for what the queue's policy has dropped and
// counted; behind a goodbye in good order nothing is missing, and its code is one that somebody gave; what the client has said is
// read once the session reads.

#include "Connection.hpp"
#include "Random.hpp"

#include "transport/Channel.hpp"
#include "websocket/WebSocketCarrier.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <string>

namespace patchbay::simulation {

class Stream {
public:
    /// What the far end says; Fin and Reset are the network's.
    enum class What : std::uint8_t { Message, Goodbye, Break, Ping, Pong, Fin, Reset };
    struct Arriving {
        What what;
        std::string bytes;  // frames, masked
        CloseCode code = CloseCode::Normal;
        CloseCause cause = CloseCause::Peer;
        std::uint32_t number = 0, size = 0;  // of a message
        Clock::time_point due{};
    };

    Stream(Connection& connection, Surroundings& around, SimLoop& loop, Model::Id id);
    ~Stream();

    // ---- the server's side ----

    void open(const std::shared_ptr<messaging::SessionCore>& session);
    void cut() noexcept;
    void arrive();
    bool hasWork() const noexcept;
    /// The channel is closed.
    bool hasEnded() const noexcept;
    bool hasCarrier() const noexcept { return tap_ != nullptr; }
    bool isHeldUp() const noexcept;
    std::uint64_t dropped() const noexcept;
    /// The handler of that message of the client's begins: it has been read by now.
    void handles(std::uint32_t number);
    /// A turn ends: nobody takes nothing, or leaves a message unfinished, for longer than he may.
    void checkTimeouts();
    /// All is at rest, and the session is open.
    void checkRest();

    // ---- the far end ----

    void say(std::uint32_t step, std::size_t bytes, MessageKind kind);
    void sayGoodbye(CloseCode code);
    void breakRule(CloseCause rule);
    void sayInTooManyFrames();
    void loseConnection();
    void vanish() noexcept;
    void stall() noexcept { stalled_ = disturbed_ = true; }
    void read(std::size_t messages) noexcept { credit_ += messages * 40; }
    void flow() noexcept { stalled_ = hangs_ = false; }
    void delay(std::chrono::milliseconds time) noexcept { delay_ = time; }
    void mute() noexcept { mute_ = true; }
    void hang() noexcept { hangs_ = true; }
    void calm() noexcept;

private:
    class Tap;
    class Wire;
    class Nobody;

    // what the carrier does
    SendStatus entered(Bytes payload, SendStatus status) noexcept;
    void saysGoodbye(CloseCode code, std::string_view text, bool atOnce) noexcept;
    void pauses() noexcept;
    void resumes() noexcept;
    transport::IoResult take(std::span<iovec> from) noexcept;
    void serverEnds() noexcept;
    void wireCloses() noexcept;

    // what comes
    void put(Arriving arriving);
    bool isNextDue() const noexcept;
    bool isHanging() const noexcept { return hangs_ && begun_; }
    bool isWritableAgain() const noexcept;
    bool isEndDue() const noexcept;
    bool hasReset() const noexcept;
    void hand();
    void handPiece(Arriving& first, std::size_t bytes);
    void handMany();
    void tell(const Arriving& arriving);
    void tellRead();
    void give(std::string_view bytes);
    void saysSome(std::size_t bytes, bool isEnd) noexcept;
    bool takesNothing() const noexcept;
    bool saysNothing(Clock::time_point since) const noexcept;
    void isOver();
    void tellLate() noexcept;

    // the client
    void hear();
    bool hearFrame();
    void hearMessage(Bytes payload);
    void hearGoodbye(Bytes payload);
    std::string frame(std::uint8_t first, Bytes payload);
    std::string frames(std::uint8_t opcode, Bytes payload, std::size_t count);
    bool isOpen() const noexcept { return connection_.isOpen(); }

    /// What may last for a time: the framework looks at it once a while, and ends what was so at two looks.
    class Patience {
    public:
        /// Sees it at the end of a turn. False when it has lasted for too long.
        bool look(Clock::time_point now, Clock::time_point since, std::chrono::milliseconds most) noexcept;

    private:
        Clock::time_point since_{};
        std::optional<Clock::time_point> looked_;
    };

    Connection& connection_;
    Surroundings& around_;
    SimLoop& loop_;
    const Model::Id id_;
    Random random_;
    websocket::WebSocketCarrier::List carriers_;
    boost::intrusive_ptr<Wire> wire_;
    Tap* tap_ = nullptr;
    // out
    std::deque<Model::Call> entered_;  // and not heard
    std::uint64_t fallen_ = 0;         // of these, those that others have overtaken
    std::uint64_t refused_ = 0;        // not entered: dropped at once
    std::string heard_;                // by the client, and not taken apart
    std::size_t credit_ = 0;           // while it stalls
    bool fresh_ = false;               // it may have a whole frame
    bool stalled_ = false, vanished_ = false, mute_ = false;
    bool goodbyeHeard_ = false, serverEnded_ = false, endDue_ = false;
    bool disturbed_ = false;  // so that a goodbye may not arrive
    bool foundOut_ = false;   // a write has failed
    bool peerEnds_ = false;   // by a Close, a rule that it broke or a FIN, and not by a reset
    unsigned late_ = 0;       // messages behind a goodbye that drops what waits
    bool orderly_ = true;  // a goodbye that comes now comes behind all that was entered
    std::vector<CloseCode> codes_;  // that a goodbye may have
    // in
    std::deque<Arriving> underWay_;
    std::deque<std::pair<std::uint32_t, std::uint32_t>> untold_;  // messages that the server has, and perhaps not read
    std::uint32_t said_ = 0, told_ = 0;
    std::chrono::milliseconds delay_{};
    bool paused_ = false, goodbyeSaid_ = false, clientClosed_ = false;
    bool hangs_ = false;
    bool begun_ = false;  // of what is under way first, some has come
    // how long it takes
    Clock::time_point took_{};       // its network had credit, or it took something; or something had to wait
    Clock::time_point saidSome_{};  // some of what is begun has come, perhaps no more than a header
    Clock::time_point advanced_{};   // some of its payload has come for certain
    Patience takes_, says_;
};

}  // namespace patchbay::simulation
