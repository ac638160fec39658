#pragma once
// A connection on its loop, as far as a WebSocket knows one: hands what arrives to a receiver, queues what is to be sent and writes
// it once per turn. What carries the bytes is the wire, a class derived from this one: a TCP or TLS socket (SocketChannel), a
// stream of HTTP/2, a simulation's network. All of it is the loop's thread's; only the last reference may be dropped elsewhere.
//
//              closeAfterFlush()          outbox empty: endWire()     the peer's end, or the time is up
//     Open ----------------------> Flushing -------------> HalfClosed -------------------------> Closed
//      '-- abort(), a read or write error ------------------------------------------------------^
//
// What is received may be sent on without a copy: while a Lending lasts, payloads inside its memory are queued where they
// lie; when it ends they are written, and what the wire does not take then is copied. Each onBytes() is such a time.
//
// Credit, both ways. Out: writeWire() takes as much as it may (a kernel's buffer, a peer's window) and says WouldBlock; then nothing is
// written until hasCredit(). In: while a receiver has paused, the wire gives the peer no credit; what it hands to received() has
// been consumed when that returns.
//
// Cost: the queue is here, and its calls are direct; a wire is called once for each write of a turn, and where what it is to watch
// changes.
//
// Ownership: by Pointers, dropped on any thread. When the last one goes the connection is closed at once (on another
// thread than the loop's: soon) and the object is destroyed by the loop when none of its functions runs, so a callback
// may drop its own channel. A channel that flushes keeps itself until it is closed: after closeAfterFlush() let go of
// it. The receiver must live until it has had onEnd() with an error, or until abort(), closeAfterFlush() or the last
// drop has happened on the loop's thread; none of its functions is called after that.

#include "transport/ChannelLoop.hpp"
#include "transport/IoResult.hpp"
#include "transport/Outbox.hpp"

#include <patchbay/client_certificate.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace patchbay::transport {

/// How long a connection that ends waits for its peer.
enum class Patience : std::uint8_t {
    Bounded,       ///< so long in all
    WhileItTakes,  ///< so long without taking anything of what waits, here or in the wire
};

class Channel : public TurnEndTask {
    static constexpr std::size_t kPiece = 1024;
    static constexpr std::size_t kMostDiscarded = 16 * 1024;

public:
    /// What is still read of a peer when the connection ends, each read with less than 1 KiB more. Who has more to send than that and
    /// reads no answer meanwhile gets it with the reset, as far as his system keeps it (Linux does).   Units: bytes.
    static constexpr std::size_t kMostRestBytes = kMostDiscarded * kPiece;

    /// Counts in the channel itself.   Thread: any; one Pointer, one at a time.
    using Pointer = boost::intrusive_ptr<Channel>;

    /// Gets what happens to a channel.   Thread: the loop's.   Errors: none of these may throw. Each may call anything
    /// of the channel and may drop it.
    class Receiver {
    public:
        /// In memory of the wire's: writable, 64 readable bytes behind.
        virtual void onBytes(std::span<std::byte> bytes) = 0;
        /// Where the bytes that come next should lie, such as the rest of a large message; empty for the wire's memory.
        virtual std::span<std::byte> room() noexcept { return {}; }
        /// The first `bytes` of room() have been read into it. What came behind it follows with onBytes().
        virtual void onRoomFilled(std::size_t) {}
        /// At most once, after the last onBytes().
        /// No error: the peer sends nothing more; sending still works, and the channel stays until it is closed from
        /// here. An error: the connection is gone (reset, a failed read or write), the channel is closed. Never after
        /// abort() or closeAfterFlush().
        virtual void onEnd(std::error_code why) = 0;
        virtual void onDrained() {}  ///< the queue was written to its end
        /// How long the peer may take nothing of what waits for it, here or in the wire; 0: for ever. Asked when the wire takes no more.
        virtual std::chrono::milliseconds sendTimeout() const noexcept { return {}; }
        /// It has taken nothing for so long, and at most twice that; comes again after as long.
        virtual void onStalled() {}

    protected:
        ~Receiver() = default;
    };

    /// A time in which memory outlives every call that is made in it; nothing where a longer such time has begun.
    /// Requires: ends in the order of its beginning.
    class Lending {
    public:
        Lending(Channel& channel, Bytes memory) noexcept : channel_{channel}, begins_{!channel.isLent(memory)} {
            if (begins_) before_ = std::exchange(channel.loop_.loan(), {&channel, memory.data(), memory.data() + memory.size()});
        }
        Lending(const Lending&) = delete;
        ~Lending() {
            if (!begins_) return;
            channel_.loop_.loan() = before_;
            if (channel_.outbox_.hasLent()) channel_.writeLent();
        }

    private:
        Channel& channel_;
        const bool begins_;
        ChannelLoop::Loan before_;  // set where it begins
    };

    /// Starts reading and writing, once; until then it only queues.   Thread: also any before the loop runs.
    /// Errors: come to onEnd(), at the turn's end.
    void start(Receiver& receiver);
    /// Hands the channel over, also from inside onBytes(). What has been read goes by the old receiver's hand.
    void setReceiver(Receiver& receiver) noexcept { receiver_ = &receiver; }
    /// Reading stops after the current onBytes(); the peer feels it when what lies between is full.
    void pauseReading() noexcept;
    void resumeReading() noexcept;
    /// What a TLS client has shown of itself; nothing on any other wire.   Requires: something has been read.
    virtual std::vector<ClientCertificate> peerCertificates() const { return {}; }

    /// One message, copied, or lent where it lies in lent memory and is large.   Units: `head` at most 16 bytes.
    /// Returns: Full also where there is no memory for it.
    [[gnu::always_inline]] SendStatus send(Bytes head, Bytes payload) noexcept {
        if (noMoreSends_ || blocked_ || payload.size() >= Outbox::kLeastLent) [[unlikely]]
            return sendElsewhere(head, payload);
        if (!outbox_.appendToOpen(head, payload)) return sendBehind(head, payload);
        loop_.atTurnEnd(*this);
        return SendStatus::Queued;
    }
    /// The same for a message for whose end somebody waits, or a frame of one in several: Outbox::appendPart() says how these fare.
    SendStatus sendPart(Bytes head, Bytes payload, PartOf part, SendCompletion& completion) {
        if (noMoreSends_) return SendStatus::Closed;
        return queued([&] {
            const bool lend = payload.size() >= Outbox::kLeastLent && isLent(payload);
            return outbox_.appendPart(head, payload, part, lend ? Lend::UntilKept : Lend::No, completion);
        });
    }
    /// Messages of a batch, by reference; small ones may be copied. Outbox::append() says what it returns.
    SendStatus send(const SharedBatch& batch, std::size_t first, std::size_t last) {
        return noMoreSends_ ? SendStatus::Closed : queued([&] {
            requireMemoryIfBlocked(0);  // a reference
            return outbox_.append(batch, first, last);
        });
    }
    /// The same, written now rather than at the turn's end where nothing waits: for what is the turn's last word to many,
    /// each of whom would else be gone through twice.
    SendStatus sendNow(const SharedBatch& batch, std::size_t first, std::size_t last) noexcept;
    /// Brings what sendNow() reads into the processor's cache.
    void prefetch() const noexcept {
        __builtin_prefetch(&state_);
        __builtin_prefetch(reinterpret_cast<const std::byte*>(&outbox_) + sizeof outbox_ - 1);
    }
    /// Never dropped by policy nor counted in the limit, in order with the messages. Dropped when
    /// Outbox::kMaxControlBytes of them wait and it has no room reserved, or it is larger than 2 KiB itself.
    SendStatus sendControl(Bytes message, ControlRoom room = ControlRoom::Shared) {
        return noMoreSends_ ? SendStatus::Closed : queued([&] { return outbox_.appendControl(message, room); });
    }
    /// The same, larger, and left by dropQueue(): what tells the peer how to read all that follows.
    SendStatus sendCommitted(Bytes message) {
        return noMoreSends_ ? SendStatus::Closed : queued([&] { return outbox_.appendCommitted(message); });
    }
    /// Forgets every message, control messages too, but one that is partly on the wire and those that are committed.
    void dropQueue() noexcept { outbox_.dropUnstarted(); }
    /// Nothing more is sent or delivered: writes what waits, ends the wire, waits for the peer's end, and closes; resets the
    /// connection when that takes longer than `within`, as `patience` has it. What the peer goes on to send is read, and thrown away, up
    /// to kMostRestBytes: a connection that is closed with bytes unread is reset, and the peer may lose what it was sent last.   Source: RFC 6455 §7.1.1 (the server closes first).
    void closeAfterFlush(std::chrono::milliseconds within, Patience patience = Patience::Bounded) noexcept;
    /// Resets the connection.
    void abort() noexcept;
    /// Closes the connection now. What the wire has taken still goes to the peer, who gets an end and no reset if it has sent nothing
    /// that was not read.
    void closeNow() noexcept { close(); }
    /// The limit and policy for what is sent from now on.
    void setSendQueue(SendQueue limit) noexcept { outbox_.setLimit(limit); }
    /// Units: bytes of messages that wait; control messages do not count.
    std::size_t queuedBytes() const noexcept { return outbox_.queuedBytes(); }
    /// Whether anything waits to be written, control messages and what the wire holds of a TLS record among it.
    bool hasUnsent() const noexcept { return unsent_ || !outbox_.empty(); }
    /// How many messages fell to the policy.
    std::uint64_t droppedMessages() const noexcept { return outbox_.dropped(); }
    /// How many write calls were made.
    std::uint32_t writeCalls() const noexcept { return writeCalls_; }
    ChannelLoop& loop() const noexcept { return loop_; }

protected:
    Channel(ChannelLoop& loop, SendQueue limit) noexcept : loop_{loop}, outbox_{limit} {}

    // ---- the wire, in a derived class. Its destructor calls close(). ----

    /// What the channel wants to be told of.
    struct Wants {
        bool reads : 1;   ///< what arrives
        bool credit : 1;  ///< hasCredit(), when more can be written
        friend bool operator==(Wants, Wants) = default;
    };
    /// Takes the front of `from`, as much as there is credit for. `endFollows`: endWire() comes next.
    /// Returns: Done for all of it, where the wire is direct; WouldBlock for less: then hasCredit() says when to go on.
    virtual IoResult writeWire(std::span<iovec> from, bool endFollows) noexcept = 0;
    /// From now on it wants that. The first time, and when it changes; never within start().
    virtual void watch(Wants wants) noexcept = 0;
    /// It has been started, or is to be closed before it ever was: the wire may begin to read.
    virtual void begin() noexcept = 0;
    /// The receiver reads again: what the wire itself holds of the peer's is due.
    virtual void readHeld() noexcept {}
    /// A write has failed: what the peer has sent before is still there to read.
    virtual void readRest() noexcept {}
    /// What the wire has taken and the peer has not.   Units: bytes.
    virtual std::size_t untakenByPeer() const noexcept { return 0; }
    /// Tells the peer that nothing more comes.
    virtual void endWire() noexcept = 0;
    /// Makes the coming closeWire() a reset.
    virtual void resetWire() noexcept = 0;
    /// Nothing comes of this wire from now on.
    virtual void closeWire() noexcept = 0;

    // ---- for the wire ----

    enum class State : std::uint8_t { New, Open, Flushing, HalfClosed, Closed };
    State state() const noexcept { return state_; }
    bool isReading() const noexcept { return !paused_ && !peerEnded_ && state_ != State::New && state_ != State::Closed; }
    bool hasPeerEnded() const noexcept { return peerEnded_; }
    bool isBlocked() const noexcept { return blocked_; }
    Wants wants() const noexcept { return wants_; }
    Receiver* receiver() const noexcept { return receiver_; }
    /// Whether it can be written to, such as behind a TLS handshake; and whether it holds bytes of its own that have to be written.
    void setWire(bool ready, bool unsent) noexcept {
        ready_ = ready;
        unsent_ = unsent;
    }
    /// Whether closeWire() has a descriptor to count out; said once.
    void setCounted(bool counted) noexcept { counted_ = counted; }
    bool takeCounted() noexcept {
        const bool counted = counted_;
        counted_ = false;
        return counted;
    }
    /// A write in the middle of a turn is as good as at its end.
    void setDirect(bool direct) noexcept { direct_ = direct; }
    /// So many bytes have been read, first into `room` and then into `buffer`.
    void received(std::span<std::byte> room, std::span<std::byte> buffer, std::size_t bytes) noexcept;
    /// The peer sends nothing more.
    void peerEnds() noexcept;
    /// More can be written.
    void hasCredit() noexcept {
        blocked_ = false;
        tookSome_ = true;
        loop_.atTurnEnd(*this);
    }
    /// The connection is gone.
    void fail(std::error_code why) noexcept;
    void close() noexcept;
    bool hasToWrite() const noexcept { return unsent_ || (ready_ && !outbox_.empty()); }
    void onTurnEnd() noexcept override;
    void watchAsNeeded() noexcept;

private:
    static void retire(Channel* channel);
    friend void intrusive_ptr_add_ref(Channel* channel) noexcept { channel->references_.fetch_add(1, std::memory_order_relaxed); }
    friend void intrusive_ptr_release(Channel* channel) noexcept {
        if (channel->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) retire(channel);
    }

    /// A write at the turn's end for what has been queued: of a batch also where some of its messages were not.
    template <class Append>
    SendStatus queued(Append append) noexcept {
        SendStatus status;
        try {
            status = append();
        } catch (const std::bad_alloc&) {
            return withoutMemory();
        }
        blocked_ ? outbox_.settle() : loop_.atTurnEnd(*this);
        return status;
    }
    /// Who takes nothing gets no more of what his server has nothing left of.   Errors: std::bad_alloc.
    void requireMemoryIfBlocked(std::size_t more) const {
        if (blocked_) [[unlikely]]
            requireMemoryHere(more);
    }
    bool isLent(Bytes payload) const noexcept {
        const ChannelLoop::Loan& loan = loop_.loan();
        return loan.borrower == this && !std::less<>{}(payload.data(), loan.begin) &&
               !std::less<>{}(loan.end, payload.data() + payload.size());
    }
    bool canWrite() const noexcept { return !blocked_ && (state_ == State::Open || state_ == State::Flushing); }
    void discard(std::size_t bytes) noexcept;
    SendStatus sendBehind(Bytes head, Bytes payload) noexcept;
    SendStatus sendElsewhere(Bytes head, Bytes payload) noexcept;
    void writeLent() noexcept;
    void write() noexcept;
    void written(const IoResult& result) noexcept;
    void writeFailed(std::error_code why) noexcept;
    SendStatus withoutMemory() noexcept;
    void watchStall() noexcept;
    void stallDue(std::size_t before) noexcept;
    void giveUpAfter(std::chrono::milliseconds within, Patience patience) noexcept;
    std::size_t untaken() const noexcept { return outbox_.unsentBytes() + untakenByPeer(); }
    void sendEnd() noexcept;
    void stopSending() noexcept;

    ChannelLoop& loop_;
    Receiver* receiver_ = nullptr;
    TimerId deadline_ = 0;  // while it is open, of a peer that takes nothing; then of its end
    std::atomic<std::uint32_t> references_{0};
    // A write asks for what follows, the outbox and the wire behind it.
    std::uint32_t writeCalls_ = 0;
    State state_ = State::New;
    bool noMoreSends_ : 1 = false;
    bool blocked_ : 1 = false;  // no credit
    bool paused_ : 1 = false;
    bool peerEnded_ : 1 = false;
    bool ready_ : 1 = true;
    bool unsent_ : 1 = false;
    bool direct_ : 1 = true;
    bool counted_ : 1 = false;
    bool tookSome_ : 1 = false;  // the wire has had credit since the stall was last looked at
    Wants wants_{true, false};
    std::uint16_t discarded_ = 0;  // Units: kPiece, each read's begun one among them
    Outbox outbox_;
};

}  // namespace patchbay::transport
