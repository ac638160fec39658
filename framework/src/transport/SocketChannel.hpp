#pragma once
// A connected socket on its loop: hands what arrives to a receiver, queues what is to be sent and writes it once per
// turn.
//
//              closeAfterFlush()          outbox empty: FIN           the peer's FIN, or the time is up
//     Open ----------------------> Flushing -------------> HalfClosed -------------------------> Closed
//      '-- abort(), a read or write error ------------------------------------------------------^
//
// Ownership: a shared_ptr, dropped on any thread. When the last one goes the socket is closed at once (on another
// thread than the loop's: soon) and the object is destroyed by the loop when none of its functions runs, so a callback
// may drop its own channel. A channel that flushes keeps itself until it is closed: after closeAfterFlush() let go of
// it. The receiver must live until it has had onEnd() with an error, or until abort(), closeAfterFlush() or the last
// drop has happened on the loop's thread; none of its functions is called after that.

#include "transport/EventLoop.hpp"
#include "transport/Outbox.hpp"
#include "transport/Socket.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <system_error>

namespace patchbay::transport {

class SocketChannel final : public IoHandler, public TurnEndTask, public std::enable_shared_from_this<SocketChannel> {
public:
    /// Gets what happens to a channel.   Thread: the loop's.   Errors: none of these may throw. Each may call anything
    /// of the channel and may drop it.
    class Receiver {
    public:
        virtual void onBytes(
            std::span<std::byte> bytes) = 0;  ///< the loop's read buffer: writable, 64 readable bytes behind
        /// At most once, after the last onBytes().
        /// No error: the peer sends nothing more; sending still works, and the channel stays until it is closed from
        /// here. An error: the connection is gone (reset, a failed read or write), the channel is closed. Never after
        /// abort() or closeAfterFlush().
        virtual void onEnd(std::error_code why) = 0;
        virtual void onDrained() {}  ///< the queue was written to its end

    protected:
        ~Receiver() = default;
    };

    /// A channel that does nothing but queue until start().   Thread: any.
    static std::shared_ptr<SocketChannel> open(EventLoop& loop, Socket socket, SendQueue limit);
    ~SocketChannel() override;

    /// Starts reading and writing, once.   Thread: the loop's, or any before it runs.   Errors: come to onEnd(), in a
    /// later turn.
    void start(Receiver& receiver);
    /// Hands the channel over, also from inside onBytes(). What has been read goes by the old receiver's hand.
    /// Thread: the loop's.
    void setReceiver(Receiver& receiver) noexcept { receiver_ = &receiver; }
    /// Reading stops after the current onBytes(); the peer feels it when the kernel's buffers are full.   Thread: the
    /// loop's.
    void pauseReading() noexcept;
    void resumeReading() noexcept;

    // From any thread; what one thread sends keeps its order.

    /// One message, copied.
    SendStatus send(Bytes head, Bytes payload);
    /// One message, by reference; a small one may be copied.
    SendStatus send(const SharedBytes& message);
    /// Never dropped by policy nor counted in the limit, in order with the messages. Dropped when
    /// Outbox::kMaxControlBytes of them wait and it has no room reserved, or it is larger than 2 KiB itself.
    SendStatus sendControl(Bytes message, ControlRoom room = ControlRoom::Shared);
    /// Forgets every message, control messages too, but one that is partly on the wire.
    void dropQueue() noexcept;
    /// Nothing more is sent or delivered: writes what waits, sends FIN, waits for the peer's, and closes; resets the
    /// connection when that takes longer than `within`.   Source: RFC 6455 §7.1.1 (the server closes first).
    void closeAfterFlush(std::chrono::milliseconds within);
    /// Resets the connection.
    void abort();
    /// The limit and policy for what is sent from now on.
    void setSendQueue(SendQueue limit) noexcept;
    /// Units: bytes of messages that wait; control messages do not count.
    std::size_t queuedBytes() const noexcept;
    /// How many messages fell to the policy.
    std::uint64_t droppedMessages() const noexcept;

    /// Such as "127.0.0.1:1234"; empty when the connection has ended.   Thread: the loop's.
    std::string peerAddress() const { return socket_.peerAddress(); }
    std::string localAddress() const { return socket_.localAddress(); }
    /// True when the connection is TLS.
    bool isSecure() const noexcept { return socket_.isSecure(); }
    /// How many write calls were made.   Thread: the loop's.
    std::uint32_t writeCalls() const noexcept { return writeCalls_; }
    EventLoop& loop() const noexcept { return loop_; }

private:
    enum class State : std::uint8_t { New, Open, Flushing, HalfClosed, Closed };

    SocketChannel(EventLoop& loop, Socket socket, SendQueue limit) noexcept;
    static void retire(SocketChannel* channel);

    void onEvents(std::uint32_t events) noexcept override;
    void onTurnEnd() noexcept override;

    template <typename Append>
    SendStatus queue(Append append);
    bool read() noexcept;
    void readOn() noexcept;
    void afterReading() noexcept;
    void ended(std::uint32_t events) noexcept;
    void watchFirst() noexcept;
    void written(const IoResult& result, bool empty) noexcept;
    void writeFailed(std::error_code why) noexcept;
    void fail(std::error_code why) noexcept;
    void flushAndClose(std::chrono::milliseconds within);
    void sendEnd() noexcept;
    void reset() noexcept;
    void close() noexcept;
    void stopSending() noexcept;
    void watchAsNeeded() noexcept;

    EventLoop& loop_;
    Receiver* receiver_ = nullptr;
    TimerId deadline_ = 0;
    Socket socket_;
    std::uint32_t watched_ = 0;
    State state_ = State::New;
    bool paused_ = false;
    bool peerEnded_ = false;

    mutable std::mutex lock_;  // guards what follows; never held around a callback or a system call
    bool noMoreSends_ = false;
    bool wakeAsked_ = false;
    bool kernelFull_ = false;
    std::uint32_t writeCalls_ = 0;  // the loop's alone; here it costs no memory
    Outbox outbox_;
};

}  // namespace patchbay::transport
