#pragma once
// A session's messages over a WebSocket: the one place where a socket's channel and RFC 6455 meet.
//
//     bytes -> channel -> Connection::receive -> session          session -> Connection::send -> channel -> bytes
//
// All of it is the loop's thread's. The end (RFC 6455 §7.1.1): who has both sent and received a Close ends the TCP
// connection, the server first. A peer's end, whatever it is, is answered behind what the session has said by then. A peer that does not answer our Close has the server's closeTimeout to do so.
//
// Back-pressure: a pause holds the connection after the message that it is at and stops the channel. What had been read
// by then is kept, at most one read of the loop's; it is fed before the channel is read again, by an entry of the loop.
// A FIN waits in the kernel behind what is not read yet, a reset ends the connection with all that is kept.
//
// A message in parts leaves as frames that no extension has touched, since those know whole messages only. Whole messages
// that are sent meanwhile wait for its last, control frames come between (RFC 6455 §5.4).
//
// Lifetime: the session owns its carrier until the connection has ended; so long the carrier keeps the session.

#include "base/MemoryBudget.hpp"
#include "messaging/AgreedExtension.hpp"
#include "transport/ConnectionPlace.hpp"
#include "messaging/SessionCore.hpp"
#include "messaging/UnfinishedMessage.hpp"
#include "protocol/Connection.hpp"
#include "transport/Channel.hpp"

#include <boost/intrusive/list.hpp>

#include <memory>

namespace patchbay::websocket {

class WebSocketCarrier final : public Carrier,
                               public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>,
                               private transport::Channel::Receiver,
                               private protocol::Receiver {
public:
    static constexpr std::chrono::milliseconds kOverflowTimeout{1000};
    /// Those of one loop whose connection has not ended.   Thread: the loop's.
    using List = boost::intrusive::list<WebSocketCarrier, boost::intrusive::constant_time_size<false>>;

    /// What a handshake leaves behind.
    struct Upgraded {
        transport::Channel::Pointer channel;
        std::shared_ptr<messaging::SessionCore> session;
        messaging::AgreedExtension extension;  ///< none was agreed on: empty
        transport::ConnectionPlace place;                 ///< given back when the connection has ended
    };
    /// Takes a connection over after its 101: opens the session, then handles `firstBytes`, which came right behind the
    /// request (RFC 6455 §4.2.2).
    /// Requires: kSlackBytes behind `firstBytes` may be read.   Thread: the channel's loop.
    static void start(Upgraded upgraded, List& list, std::span<std::byte> firstBytes);
    /// The two halves of start(), between which the session opens: a carrier that hears nothing yet, and reading.
    WebSocketCarrier(Upgraded upgraded, List& list);
    void beginReading(std::span<std::byte> firstBytes);

    /// What it has its server hold: half a message, and what waits for its peer.   Units: bytes.   Thread: the loop's.
    std::size_t heldBytes() const noexcept;
    /// Gives that up, and the connection with it: 1013.   Thread: the loop's.
    void shed() noexcept;
    /// Ends the connection now: the time to part in good order is over.   Thread: the loop's.
    void cut() noexcept;

    SendStatus send(MessageKind kind, Bytes payload) noexcept override;
    SendStatus deliver(const Delivery& delivery) noexcept override;
    void prefetch() const noexcept override {
        if (channel_) channel_->prefetch();
    }
    bool sendsParts() const noexcept override { return true; }
    SendStatus sendPart(MessageKind kind, Bytes piece, PieceOf of, SendCompletion& completion) noexcept override;
    std::size_t queuedBytes() const noexcept override {
        return (channel_ ? channel_->queuedBytes() : 0) + (unfinished() ? unfinished()->heldBytes() : 0);
    }
    SendStatus ping(Bytes payload) noexcept override;
    void pauseReading() noexcept override;
    void resumeReading() noexcept override;
    void close(CloseCode code, std::string_view text) noexcept override;
    void closeNow(CloseCode code, std::string_view text) noexcept override;

private:
    /// What was read and not taken.
    struct Kept {
        explicit Kept(Bytes rest);
        std::span<std::byte> rest() const noexcept { return {&bytes[taken], size - taken}; }

        std::unique_ptr<std::byte[]> bytes;  // kSlackBytes behind
        std::size_t size;
        std::size_t taken = 0;
        HeldBytes<Held::Messages> held;
        bool resumed = false;  // what is kept is to be fed
        bool entered = false;  // an entry of the loop looks whether it is
    };

    /// What most connections never have.
    struct Rare {
        std::unique_ptr<Kept> kept;                                // nullptr: nothing is
        std::unique_ptr<messaging::UnfinishedMessage> unfinished;  // likewise
    };

    void onBytes(std::span<std::byte> bytes) override;
    std::span<std::byte> room() noexcept override { return connection_.room(); }
    void onRoomFilled(std::size_t bytes) override;
    void onEnd(std::error_code why) override;
    std::chrono::milliseconds sendTimeout() const noexcept override;
    void onStalled() override;

    void onMessage(MessageKind kind, std::span<std::byte> payload) override;
    void onPong(Bytes payload) override;
    void onReply(Bytes frame) override;
    void onClose(CloseCode code, std::string_view reason) override;
    void onFailure(CloseCode code, std::string_view rule) override;

    /// nullptr when the connection has ended.
    messaging::SessionCore* session() const noexcept { return messaging::SessionCore::of(handle_); }
    Kept* kept() const noexcept { return rare_ ? rare_->kept.get() : nullptr; }
    messaging::UnfinishedMessage* unfinished() const noexcept { return rare_ ? rare_->unfinished.get() : nullptr; }
    Rare& rare() {
        if (!rare_) rare_ = std::make_unique<Rare>();
        return *rare_;
    }
    void dropUnfinished() noexcept {
        if (rare_) rare_->unfinished.reset();
    }
    SendStatus sent(SendStatus status) noexcept {
        if (channel_->droppedMessages() != 0) session()->noteDropped(channel_->droppedMessages());
        return status;
    }
    SendStatus sendExtended(MessageKind kind, Bytes payload) noexcept;
    WhenFull queuePolicy() const noexcept;
    void feedKept();
    void keep(std::span<std::byte> rest) noexcept;
    SendStatus deliverEncoded(const Delivery& delivery);
    template <class To>
    SendStatus sendWhole(MessageKind kind, Bytes payload, To& output);
    SendStatus sendPiece(MessageKind kind, Bytes piece, PieceOf of, SendCompletion& completion);
    void finishMessage() noexcept;
    void watchMessage();
    void messageDue() noexcept;
    template <class LastWord>
    std::shared_ptr<messaging::SessionCore> endInTurn(LastWord lastWord);
    void answer(CloseCode code, std::string_view text) noexcept;
    void giveUpAfter(std::chrono::milliseconds within) noexcept;
    void endConnection(std::chrono::milliseconds within) noexcept;

    Session handle_;  // keeps the session, for its handlers; empty when the connection has ended
    transport::Channel::Pointer channel_;  // empty then
    const ExtensionFactory* extensionKind_;      // whose broadcasts it shares; nullptr: none
    protocol::Connection connection_;
    transport::ConnectionPlace place_;  // until the connection has ended
    TimerId timer_ = 0;  // of a message that has begun; from our Close on, of the peer's patience
    std::unique_ptr<Rare> rare_;  // nullptr: there never was any
};

}  // namespace patchbay::websocket
