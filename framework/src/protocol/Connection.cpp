#include "protocol/Connection.hpp"

#include <algorithm>
#include <new>
#include <stdexcept>
#include <vector>

namespace patchbay::protocol {

Connection::Connection(Role role, Limits limits, Receiver& receiver, std::unique_ptr<Extension> extension,
                       MaskSource masks)
    : receiver_{receiver},
      extension_{std::move(extension)},
      masks_{masks},
      reader_{role, extension_ ? extension_->rsvBits() : std::uint8_t{0}},
      maxFragments_{limits.maxFragments},
      maxMessageSize_{limits.maxMessageSize} {}

namespace {

/// A shorter rest is not worth a place of its own in the next read.
constexpr std::uint64_t kLeastRoom = 4096;
/// What a message may take before any of it has come; then it grows with what comes.
constexpr std::uint64_t kFirstRoom = 16 * 1024;

}  // namespace

/// An allocation whose size the peer sets may fail: it costs the connection.
template <class Call>
void Connection::withMemory(Call call) noexcept {
    try {
        call();
    } catch (const std::bad_alloc&) {
        failWithoutMemory();
    }
}

void Connection::failWithoutMemory() noexcept {
    if (inbound_ == Inbound::Open || inbound_ == Inbound::Held) fail(CloseCode::TryAgainLater, "no memory for the message");
}

void Connection::abandon() noexcept {
    inbound_ = Inbound::Failed;
    pieces_.reset();
}

std::size_t Connection::receive(std::span<std::byte> bytes) noexcept {
    withMemory([&] {
        while (inbound_ == Inbound::Open && !bytes.empty()) {
            if (takeWhole(bytes))
                progressed_ = true;
            else if (!takeNext(bytes))
                break;
        }
    });
    return isHeld() ? bytes.size() : 0;
}

/// False when there is nothing whole in what is left.
bool Connection::takeNext(std::span<std::byte>& bytes) {
    FramePart part;
    switch (reader_.next(bytes, part)) {
        case FrameReader::Result::NeedMore: return false;
        case FrameReader::Result::Broken: fail(CloseCode::ProtocolError, reader_.rule()); return false;
        case FrameReader::Result::Part: take(part);
    }
    return true;
}

/// What the long way does with such a frame, without its states.
bool Connection::takeWhole(std::span<std::byte>& bytes) {
    FramePart part;
    if (message_ != Message::None || !reader_.nextWhole(bytes, maxMessageSize_, part)) return false;
    const bool isText = opcodeOf(part.firstByte) == Opcode::Text;
    if (isText && !isUtf8(part.payload)) {
        failText();
    } else {
        receiver_.onMessage(isText ? MessageKind::Text : MessageKind::Binary, part.payload);
    }
    return true;
}

std::span<std::byte> Connection::room() noexcept {
    const std::uint64_t left = inbound_ == Inbound::Open ? reader_.dataLeft() : 0;
    if (left < kLeastRoom) return {};
    MessageBuffer& message = pieces_->message;
    std::span<std::byte> place;
    withMemory([&] { place = message.room(static_cast<std::size_t>(std::min<std::uint64_t>(left, std::max<std::uint64_t>(kFirstRoom, message.size())))); });
    return place;
}

void Connection::roomFilled(std::size_t bytes) noexcept {
    withMemory([&] { takeRoom(bytes); });
}

void Connection::takeRoom(std::size_t bytes) {
    const std::span<std::byte> read = pieces_->message.room(bytes);  // where room() was
    pieces_->message.commit(bytes);
    const FramePart part = reader_.nextPayload(read.first(bytes));
    progressed_ = true;
    if (isPlainText() && !text_.feed(part.payload)) return failText();
    if (part.ends() && (part.firstByte & kFin) != 0) finishCollected();
}

Connection::Pieces& Connection::pieces() {
    if (!pieces_) pieces_ = std::make_unique<Pieces>();
    return *pieces_;
}

void Connection::take(const FramePart& part) {
    if (isControl(part.firstByte)) return takeControl(part);
    if (part.starts()) {
        const bool continues = opcodeOf(part.firstByte) == Opcode::Continuation;
        const bool only = !continues && part.place == FramePart::Whole && (part.firstByte & kFin) != 0;
        if (only && message_ == Message::None) {
            progressed_ = true;
            return takeOnlyFrame(part);
        }
        if (!(continues ? continueMessage() : startMessage(part))) return;
        if (!fitsLimits(part)) return;
    }
    takeData(part);
}

/// The most bytes that a message's frames may carry.
std::size_t Connection::mostEncoded(std::uint8_t rsv, std::size_t limit) const {
    return rsv == 0 ? limit : extension_->maxEncodedBytes(limit);
}

/// A message of one frame that lies whole in the caller's buffer, and stays there.
void Connection::takeOnlyFrame(const FramePart& part) {
    const bool isText = opcodeOf(part.firstByte) == Opcode::Text;
    const MessageKind kind = isText ? MessageKind::Text : MessageKind::Binary;
    const std::uint8_t rsv = part.firstByte & kRsvBits;
    const std::size_t limit = std::min(maxMessageSize_, MessageBuffer::kNoLimit);
    if (part.frameBytes > mostEncoded(rsv, limit)) return failSize();
    if (rsv != 0) return decode(kind, rsv, part.payload, limit);
    if (isText && !isUtf8(part.payload)) return failText();
    receiver_.onMessage(kind, part.payload);
}

bool Connection::startMessage(const FramePart& part) {
    if (message_ != Message::None) {
        fail(CloseCode::ProtocolError, "new message inside a fragmented one (RFC 6455 §5.4)");
        return false;
    }
    message_ = opcodeOf(part.firstByte) == Opcode::Text ? Message::Text : Message::Binary;
    rsv_ = part.firstByte & kRsvBits;
    const std::size_t limit = std::min(maxMessageSize_, MessageBuffer::kNoLimit);
    const std::size_t most = mostEncoded(rsv_, limit);
    if (part.frameBytes > most) {
        failSize();
        return false;
    }
    pieces().messageLimit = limit;
    pieces_->message.reset(most);
    return true;
}

bool Connection::continueMessage() {
    if (message_ != Message::None) return true;
    fail(CloseCode::ProtocolError, "continuation frame without a message to continue (RFC 6455 §5.4)");
    return false;
}

/// Before any byte is stored: a frame that announces too much fails by its header alone.
bool Connection::fitsLimits(const FramePart& part) {
    ++pieces_->fragments;
    if (maxFragments_ != 0 && pieces_->fragments > maxFragments_) {
        fail(CloseCode::TooBig, "message in more fragments than the limit (RFC 6455 §10.4)");
    } else if (part.frameBytes > pieces_->message.maxBytes() - pieces_->message.size()) {
        failSize();
    } else {
        return true;
    }
    return false;
}

/// An empty fragment that does not end its message is none.
void Connection::takeData(const FramePart& part) {
    progressed_ = progressed_ || !part.payload.empty() || (part.ends() && (part.firstByte & kFin) != 0);
    if (isPlainText() && !text_.feed(part.payload)) return failText();
    // fitsLimits() has seen the whole frame, so neither of these can refuse.
    if (part.starts() && !pieces_->message.reserve(std::min(part.frameBytes, kFirstRoom))) return;
    if (!pieces_->message.append(part.payload)) return;
    if (part.ends() && (part.firstByte & kFin) != 0) finishCollected();
}

/// The pieces go with the message, also where its receiver closes.
void Connection::finishCollected() {
    if (isPlainText() && !text_.atCharacterEnd()) return failText();
    const auto whole = std::exchange(pieces_, nullptr);
    const MessageKind kind = std::exchange(message_, Message::None) == Message::Text ? MessageKind::Text : MessageKind::Binary;
    if (rsv_ != 0) return decode(kind, rsv_, whole->message.bytes(), whole->messageLimit);
    receiver_.onMessage(kind, whole->message.bytes());
}

void Connection::decode(MessageKind kind, std::uint8_t rsv, Bytes payload, std::size_t limit) {
    MessageBuffer decoded{limit};
    switch (extension_->decode(rsv, payload, decoded)) {
        case Extension::Decoded::TooBig:
            return fail(CloseCode::TooBig, "message over the limit once decoded (RFC 6455 §7.4.1, §10.4)");
        case Extension::Decoded::Broken:
            return fail(CloseCode::InvalidPayload, "message that its extension cannot decode (RFC 6455 §5.8)");
        case Extension::Decoded::Whole:
            break;
    }
    if (kind == MessageKind::Text && !isUtf8(decoded.bytes())) return failText();
    receiver_.onMessage(kind, decoded.bytes());
}

void Connection::takeControl(const FramePart& part) {
    const Opcode opcode = opcodeOf(part.firstByte);
    if (part.place == FramePart::Whole) return handleControl(opcode, part.payload);
    // The header has been checked: neither of these can refuse.
    if (part.starts() && !pieces().control.reserve(part.frameBytes)) return;
    if (!pieces_->control.append(part.payload)) return;
    if (!part.ends()) return;
    MessageBuffer whole = std::exchange(pieces_->control, MessageBuffer{kMaxControlBytes});
    if (message_ == Message::None) pieces_.reset();
    handleControl(opcode, whole.bytes());
}

void Connection::handleControl(Opcode opcode, Bytes payload) {
    if (message_ == Message::None) progressed_ = true;  // what comes next was not begun before
    switch (opcode) {
        case Opcode::Ping:
            return answerPing(payload);
        case Opcode::Pong:
            return receiver_.onPong(payload);
        default:
            return handleClose(payload);
    }
}

void Connection::handleClose(Bytes payload) {
    const ReadClose close = readClosePayload(payload);
    if (!close.rule.empty()) return fail(close.code, close.rule);
    inbound_ = Inbound::Closed;
    pieces_.reset();
    receiver_.onClose(close.code, close.reason);
}

void Connection::failSize() { fail(CloseCode::TooBig, "message over the limit (RFC 6455 §7.4.1, §10.4)"); }

void Connection::failText() { fail(CloseCode::InvalidPayload, "text that is not UTF-8 (RFC 6455 §8.1)"); }

void Connection::fail(CloseCode code, std::string_view rule) {
    abandon();
    receiver_.onFailure(code, rule);
}

void Connection::answerPing(Bytes payload) {
    std::array<std::byte, kMaxHeaderBytes + kMaxControlBytes> frame;
    const MaskKey key = role() == Role::Client ? masks_() : MaskKey{};
    const FrameHeader header = role() == Role::Client ? FrameHeader{whole(Opcode::Pong), payload.size(), key}
                                                     : FrameHeader{whole(Opcode::Pong), payload.size()};
    std::ranges::copy(header.bytes(), frame.begin());
    const auto body = std::span{frame}.subspan(header.bytes().size(), payload.size());
    std::ranges::copy(payload, body.begin());
    if (role() == Role::Client) applyMask(body, key);
    receiver_.onReply(Bytes{frame}.first(header.bytes().size() + payload.size()));
}

void Connection::encode(MessageKind kind, Bytes payload, Output& output) {
    const std::uint8_t firstByte = whole(opcodeOf(kind));
    if (!extension_) return write(firstByte, payload, output);
    MessageBuffer encoded{MessageBuffer::kNoLimit};
    const std::uint8_t rsv = extension_->encode(kind, payload, encoded);
    write(static_cast<std::uint8_t>(firstByte | rsv), rsv == 0 ? payload : Bytes{encoded.bytes()}, output);
}

bool Connection::sendPart(MessageKind kind, Bytes piece, FramePlace place, Output& output) {
    if (closeSent_) return false;
    const Opcode opcode = place.first ? opcodeOf(kind) : Opcode::Continuation;
    write(static_cast<std::uint8_t>((place.last ? kFin : 0) | static_cast<std::uint8_t>(opcode)), piece, output);
    return true;
}

bool Connection::ping(Bytes payload, Output& output) { return writeControl(Opcode::Ping, payload, output); }

bool Connection::pong(Bytes payload, Output& output) { return writeControl(Opcode::Pong, payload, output); }

bool Connection::writeControl(Opcode opcode, Bytes payload, Output& output) {
    if (payload.size() > kMaxControlBytes)
        throw std::length_error{"a control frame carries at most 125 bytes (RFC 6455 §5.5)"};
    if (closeSent()) return false;
    write(whole(opcode), payload, output);
    return true;
}

bool Connection::close(CloseCode code, std::string_view reason, Output& output) {
    if (std::exchange(closeSent_, true)) return false;
    write(whole(Opcode::Close), ClosePayload{code, reason}.bytes(), output);
    return true;
}

/// A client's payload is masked in a copy: the caller's bytes are not ours to change, and may be sent to others too.
void Connection::write(std::uint8_t firstByte, Bytes payload, Output& output) {
    if (role() == Role::Server) return output.write(FrameHeader{firstByte, payload.size()}.bytes(), payload);
    const MaskKey key = masks_();
    std::vector<std::byte> masked{payload.begin(), payload.end()};
    applyMask(masked, key);
    output.write(FrameHeader{firstByte, payload.size(), key}.bytes(), masked);
}

void encodeServerMessage(MessageKind kind, Bytes payload, const Extension* extension, WireBatch& batch) {
    std::uint8_t firstByte = whole(opcodeOf(kind));
    MessageBuffer encoded{MessageBuffer::kNoLimit};
    const std::uint8_t rsv = extension ? extension->encodeBroadcast(kind, payload, encoded) : std::uint8_t{0};
    if (rsv != 0) payload = encoded.bytes();
    firstByte |= rsv;
    batch.append(FrameHeader{firstByte, payload.size()}.bytes(), payload);
}

}  // namespace patchbay::protocol
