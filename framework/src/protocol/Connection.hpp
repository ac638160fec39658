#pragma once
// RFC 6455 without I/O: bytes in, messages and replies out; messages in, frames out. Opens no socket, starts no timer,
// closes no TCP connection: whoever carries the bytes does that when told of a close or a failure.
//
//   inbound    Open --Close frame--> Closed      later bytes are ignored (§5.5.1)
//              Open --rule broken--> Failed      later bytes are ignored (§7.1.7)
//              Open <--hold(), release()--> Held       bytes are not taken: they are their owner's to bring again
//   outbound   Open --close()--> CloseSent     no data frame follows (§5.5.1)
//   message    None --Text/Binary without FIN--> Text | Binary --Continuation with FIN--> None (§5.4);
//              control frames may come in any of them
//
// A message that lies whole in the caller's buffer is handed on where it lies. What is incomplete is copied to a buffer
// which is allocated after the limit check, grows with what comes of the message, whatever its header announces, and is given back when
// the message is done: an idle connection holds none.
//
// Source: RFC 6455 §5–§7

#include "base/Utf8.hpp"
#include "base/WireBatch.hpp"
#include "protocol/ClosePayload.hpp"
#include "protocol/FrameReader.hpp"

#include <patchbay/extension.hpp>

#include <memory>
#include <utility>

namespace patchbay::protocol {

/// What a peer may send. Going over either fails the connection with 1009.
struct Limits {
    std::size_t maxMessageSize = 64_KiB;  ///< a whole message, after its fragments and the extension
    std::uint32_t maxFragments = 0;        ///< frames of one message; 0 is no limit
};

/// What arrives, in order.
/// Requires: throws nothing; does not destroy the connection and does not call receive(). It may send, close and hold.
class Receiver {
public:
    /// A whole message. Valid for the call; kSlackBytes behind it may be read.
    virtual void onMessage(MessageKind kind, std::span<std::byte> payload) = 0;
    virtual void onPong(Bytes payload) = 0;
    /// An encoded Pong that has to be sent now, before what is sent later. It may still come after close(): a Ping is
    /// answered until the peer's Close arrives (§5.5.2).
    virtual void onReply(Bytes frame) = 0;
    /// The peer's Close frame; `NoStatus` if it had no code. Comes once, and nothing follows. It is to be answered by close()
    /// with that code, behind what has to be sent before (§5.5.1: "as soon as practical").
    virtual void onClose(CloseCode code, std::string_view reason) = 0;
    /// The peer broke `rule`. Comes once, and nothing follows. It is to be told by close() with code and rule, likewise (§7.1.7).
    virtual void onFailure(CloseCode code, std::string_view rule) = 0;

protected:
    ~Receiver() = default;
};

/// Where encoded frames go. Both parts are valid for the call only.
class Output {
public:
    virtual void write(Bytes header, Bytes payload) = 0;

protected:
    ~Output() = default;
};

/// Where a frame stands in its message.
struct FramePlace {
    bool first;
    bool last;
};

/// Thread: one at a time.
class Connection {
public:
    /// `extension` is what the handshake agreed on, if anything. `masks` serves the client role only.
    Connection(Role role, Limits limits, Receiver& receiver, std::unique_ptr<Extension> extension = nullptr,
               MaskSource masks = &randomMask);

    /// Feeds bytes read from the network; any split is allowed, also in mid-header. Unmasks in place.
    /// Returns: how many of them, at their end, were not taken because of a hold; untouched, they are to come first when it
    /// is over.
    /// Requires: kSlackBytes behind `bytes` may be read.
    /// Errors: none thrown; a peer's mistake becomes onFailure, and so does memory that is not there (1013).
    [[nodiscard]] std::size_t receive(std::span<std::byte> bytes) noexcept;
    /// Where to read the rest of a large frame to, or some of it, which has to be collected anyhow; empty when there is none.
    std::span<std::byte> room() noexcept;
    /// As receive(), for the first `bytes` of the last room(), which are taken in any case: no more than one message
    /// comes of them, and nothing of a next one.   Requires: not 0, and no hold since.
    void roomFilled(std::size_t bytes) noexcept;
    /// Gives up the message that has begun, and all that follows: there is no memory for it.
    void failWithoutMemory() noexcept;
    /// Likewise, and nobody is told.
    void abandon() noexcept;

    /// Nothing more of what arrives is taken until release(), pings and a Close included; what is sent goes on. From
    /// inside of a Receiver's function: nothing behind what that is told of. Nothing after a Close or a failure.
    void hold() noexcept {
        if (inbound_ == Inbound::Open) inbound_ = Inbound::Held;
    }
    void release() noexcept {
        if (inbound_ == Inbound::Held) inbound_ = Inbound::Open;
    }
    bool isHeld() const noexcept { return inbound_ == Inbound::Held; }
    /// Some of a message, or of a frame, has come and the rest is due.
    bool isWithinMessage() const noexcept {
        return (message_ != Message::None || reader_.isWithinFrame()) && (inbound_ == Inbound::Open || inbound_ == Inbound::Held);
    }
    /// What of a message is collected.   Units: bytes of memory.
    std::size_t heldBytes() const noexcept { return pieces_ ? pieces_->message.capacity() : 0; }
    /// Whether any of a message has come since the last time that this was asked.
    bool takeProgress() noexcept { return std::exchange(progressed_, false); }

    /// Encode and write. False, and nothing written, when a Close frame has been sent.
    /// Requires: text is UTF-8; ping and pong payloads have at most 125 bytes (std::length_error otherwise, §5.5).
    template <class To>
    bool send(MessageKind kind, Bytes payload, To& output) {
        const auto write = [&output](Bytes header, Bytes from) { output.write(header, from); };
        if (sendPlain(kind, payload, write)) [[likely]]
            return true;
        if (closeSent_) return false;
        encode(kind, payload, output);
        return true;
    }
    /// The same where it takes a header and no more, a server's without an extension: `write(header, payload)`. False, and nothing
    /// written, elsewhere.
    template <class Write>
    [[gnu::always_inline]] bool sendPlain(MessageKind kind, Bytes payload, Write write) {
        if (closeSent_ || extension_ || role() == Role::Client) return false;
        write(FrameHeader{whole(opcodeOf(kind)), payload.size()}.bytes(), payload);
        return true;
    }
    /// One frame of a message in several, unless it is the first and the last. Without the extension, which has no parts: no frame
    /// of it has a bit of the extension's (RFC 6455 §5.2), as of any message that it leaves as it is.
    /// Requires: no other message before the last.   Source: RFC 6455 §5.4
    bool sendPart(MessageKind kind, Bytes piece, FramePlace place, Output& output);
    bool ping(Bytes payload, Output& output);
    bool pong(Bytes payload, Output& output);
    /// Starts the closing handshake. The reason is cut at 123 bytes, at a character's end; a code that may not be on
    /// the wire (1004, 1005, 1006, 1015, unassigned ones) sends an empty Close frame. False when one was sent already.
    bool close(CloseCode code, std::string_view reason, Output& output);

    /// What the handshake agreed on; nullptr if nothing.
    Extension* extension() const noexcept { return extension_.get(); }

    bool closeSent() const noexcept { return closeSent_; }
    bool closeReceived() const noexcept { return inbound_ == Inbound::Closed; }

    /// From the next message on.
    void setMaxMessageSize(std::size_t bytes) noexcept { maxMessageSize_ = bytes; }

private:
    enum class Inbound : std::uint8_t { Open, Held, Closed, Failed };
    enum class Message : std::uint8_t { None, Text, Binary };

    /// A message, or a control frame, that is not whole yet.
    struct Pieces {
        std::size_t messageLimit = 0;  // maxMessageSize_ when the message began
        std::size_t fragments = 0;
        MessageBuffer message{0};
        MessageBuffer control{kMaxControlBytes};
    };

    template <class Call>
    void withMemory(Call call) noexcept;
    bool takeWhole(std::span<std::byte>& bytes);
    void takeRoom(std::size_t bytes);
    bool takeNext(std::span<std::byte>& bytes);
    void take(const FramePart& part);
    void takeControl(const FramePart& part);
    void takeData(const FramePart& part);
    void handleControl(Opcode opcode, Bytes payload);
    void handleClose(Bytes payload);
    void takeOnlyFrame(const FramePart& part);
    bool startMessage(const FramePart& part);
    bool continueMessage();
    bool fitsLimits(const FramePart& part);
    void finishCollected();
    void decode(MessageKind kind, std::uint8_t rsv, Bytes payload, std::size_t limit);
    std::size_t mostEncoded(std::uint8_t rsv, std::size_t limit) const;
    Pieces& pieces();
    void failSize();
    void failText();
    void fail(CloseCode code, std::string_view rule);

    void answerPing(Bytes payload);
    void encode(MessageKind kind, Bytes payload, Output& output);
    void write(std::uint8_t firstByte, Bytes payload, Output& output);
    bool writeControl(Opcode opcode, Bytes payload, Output& output);
    /// Text whose frames carry the text itself, so that it is checked as it arrives.
    bool isPlainText() const noexcept { return message_ == Message::Text && rsv_ == 0; }
    Role role() const noexcept { return reader_.role(); }

    Receiver& receiver_;
    std::unique_ptr<Extension> extension_;
    Inbound inbound_ = Inbound::Open;
    bool closeSent_ = false;
    bool progressed_ = false;
    Message message_ = Message::None;
    std::uint8_t rsv_ = 0;  // of the message's first frame
    Utf8Checker text_;
    MaskSource masks_;
    [[no_unique_address]] FrameReader reader_;  // what follows stands in its last bytes
    std::uint32_t maxFragments_;
    std::size_t maxMessageSize_;
    std::unique_ptr<Pieces> pieces_;  // nullptr when all that came was whole
};

/// Appends the frame of one whole message as a server sends it, for a broadcast that is encoded once; with an extension,
/// as connections of its form take it.
void encodeServerMessage(MessageKind kind, Bytes payload, const Extension* extension, WireBatch& batch);

}  // namespace patchbay::protocol
