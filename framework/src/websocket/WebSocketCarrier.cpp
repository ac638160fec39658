#include "websocket/WebSocketCarrier.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <new>
#include <utility>

namespace patchbay::websocket {
namespace {

using transport::ControlRoom, transport::Outbox;

constexpr std::chrono::milliseconds kFlushTimeout{2000};

/// Messages obey the queue's limit and policy.
class MessageOutput final : public protocol::Output {
public:
    explicit MessageOutput(transport::Channel& channel) noexcept : channel_{channel} {}
    void write(Bytes header, Bytes payload) final { status = channel_.send(header, payload); }
    SendStatus status = SendStatus::Closed;

private:
    transport::Channel& channel_;
};

/// So do frames of a message in several, but as one that is not torn.
class PartOutput final : public protocol::Output {
public:
    PartOutput(transport::Channel& channel, transport::PartOf part, SendCompletion& completion) noexcept
        : channel_{channel}, part_{part}, completion_{completion} {}
    void write(Bytes header, Bytes payload) override { status = channel_.sendPart(header, payload, part_, completion_); }
    SendStatus status = SendStatus::Closed;

private:
    transport::Channel& channel_;
    const transport::PartOf part_;
    SendCompletion& completion_;
};

/// Control frames do not: they are small, and never dropped for a message's sake.
class ControlOutput final : public protocol::Output {
public:
    explicit ControlOutput(transport::Channel& channel, ControlRoom room = ControlRoom::Shared) noexcept
        : channel_{channel}, room_{room} {}
    void write(Bytes header, Bytes payload) override {
        std::array<std::byte, 2 + 125> frame;
        assert(header.size() + payload.size() <= frame.size());
        auto end = std::copy(header.begin(), header.end(), frame.begin());
        end = std::copy(payload.begin(), payload.end(), end);
        status = channel_.sendControl(Bytes{frame.begin(), end}, room_);
    }
    SendStatus status = SendStatus::Closed;

private:
    transport::Channel& channel_;
    ControlRoom room_;
};

CloseCause causeOf(CloseCode code) noexcept {
    if (code == CloseCode::InvalidPayload) return CloseCause::InvalidText;
    if (code == CloseCode::TooBig) return CloseCause::TooBig;
    if (code == CloseCode::TryAgainLater) return CloseCause::OutOfMemory;
    return CloseCause::Protocol;
}

SharedBatch encodeAll(const messaging::Broadcast& broadcast, const Extension* extension) {
    auto batch = std::make_shared<HeldBatch<Held::Broadcasts>>();
    batch->bytes.reserve(broadcast.payloadBytes() + broadcast.count() * protocol::kMaxHeaderBytes);
    batch->ends.reserve(broadcast.count());
    for (std::size_t message = 0; message < broadcast.count(); ++message)
        protocol::encodeServerMessage(broadcast.kind(message), broadcast.payload(message), extension, *batch);
    batch->countHeld();
    return batch;
}

}  // namespace

WebSocketCarrier::WebSocketCarrier(Upgraded upgraded, List& list)
    : handle_{std::move(upgraded.session)},
      channel_{std::move(upgraded.channel)},
      extensionKind_{upgraded.extension.kind},
      connection_{protocol::Role::Server, {session()->endpoint().maxMessageSize(), session()->endpoint().config.limits.maxFragments}, *this, std::move(upgraded.extension.object)},
      place_{std::move(upgraded.place)} {
    list.push_back(*this);
    channel_->setSendQueue(session()->sendQueue());
    channel_->setReceiver(*this);
}

void WebSocketCarrier::start(Upgraded upgraded, List& list, std::span<std::byte> firstBytes) {
    const auto session = upgraded.session;
    auto carrier = std::make_unique<WebSocketCarrier>(std::move(upgraded), list);
    WebSocketCarrier& self = *carrier;
    session->open(std::move(carrier));
    self.beginReading(firstBytes);
}

/// Its open handler may have ended the connection: this is destroyed by a later entry (endConnection).
void WebSocketCarrier::beginReading(std::span<std::byte> firstBytes) {
    if (channel_ && !connection_.isHeld()) channel_->resumeReading();
    if (!firstBytes.empty() && session()) onBytes(firstBytes);
}

// ------------------------------------------------------------------------------------------------ out

/// Errors: std::bad_alloc, and nothing is sent.
template <class To>
SendStatus WebSocketCarrier::sendWhole(MessageKind kind, Bytes payload, To& output) {
    Extension* const extension = connection_.extension();
    // Where older messages may fall while later ones stay, none may refer to another.
    if (extension && queuePolicy() == WhenFull::DropOldest) extension->forget();
    connection_.send(kind, payload, output);
    if (extension && output.status == SendStatus::Dropped) extension->forget();
    return output.status;
}

SendStatus WebSocketCarrier::send(MessageKind kind, Bytes payload) noexcept {
    if (!channel_) return SendStatus::Closed;
    SendStatus status = SendStatus::Closed;
    const auto write = [this, &status](Bytes header, Bytes from) { status = channel_->send(header, from); };
    if (!unfinished() && connection_.sendPlain(kind, payload, write)) [[likely]]
        return sent(status);
    return sendExtended(kind, payload);
}

SendStatus WebSocketCarrier::sendExtended(MessageKind kind, Bytes payload) noexcept {
    try {
        if (unfinished()) return unfinished()->hold(kind, payload, channel_->queuedBytes());
        MessageOutput output{*channel_};
        return sent(sendWhole(kind, payload, output));
    } catch (const std::bad_alloc&) {
        return sent(SendStatus::Full);
    }
}

SendStatus WebSocketCarrier::deliver(const Delivery& delivery) noexcept {
    if (!channel_ || connection_.closeSent()) return SendStatus::Closed;
    try {
        if (unfinished()) return unfinished()->hold(delivery, channel_->queuedBytes());
        return deliverEncoded(delivery);
    } catch (const std::bad_alloc&) {
        return sent(SendStatus::Full);
    }
}

SendStatus WebSocketCarrier::deliverEncoded(const Delivery& delivery) {
    Extension* const extension = connection_.extension();
    const std::uint8_t number = extension ? extension->broadcastForm() : Extension::kPlain;
    const bool plain = number == Extension::kPlain;
    const messaging::Broadcast::Form form{plain ? nullptr : extensionKind_, number};
    const SharedBatch& frames = delivery.broadcast.encoded(form, [&](const messaging::Broadcast& all) {
        return encodeAll(all, plain ? nullptr : extension);
    });
    if (!plain) extension->forget();
    return sent(delivery.alone ? channel_->sendNow(frames, delivery.first, delivery.last)
                               : channel_->send(frames, delivery.first, delivery.last));
}

SendStatus WebSocketCarrier::sendPart(MessageKind kind, Bytes piece, PieceOf of, SendCompletion& completion) noexcept {
    if (!channel_ || connection_.closeSent()) return SendStatus::Closed;
    try {
        return sent(sendPiece(kind, piece, of, completion));
    } catch (const std::bad_alloc&) {
        return sent(SendStatus::Full);
    }
}

SendStatus WebSocketCarrier::sendPiece(MessageKind kind, Bytes piece, PieceOf of, SendCompletion& completion) {
    using transport::PartOf;
    const bool isFirst = !unfinished(), isLast = of == PieceOf::Last;
    PartOutput output{*channel_, isFirst ? (isLast ? PartOf::Whole : PartOf::First) : PartOf::Later, completion};
    if (isFirst && isLast) return sendWhole(kind, piece, output);
    if (!isFirst && !unfinished()->hasRoomFor(piece.size(), channel_->queuedBytes())) return SendStatus::Full;
    // There before anything is on its way: behind a first part there has to be another.
    Rare& place = rare();
    auto begun = isFirst ? std::make_unique<messaging::UnfinishedMessage>(*session()) : nullptr;
    connection_.sendPart(kind, piece, {.first = isFirst, .last = isLast}, output);
    if (output.status != SendStatus::Queued) return output.status;
    if (isFirst) place.unfinished = std::move(begun);
    if (isLast) finishMessage();
    return SendStatus::Queued;
}

/// What waited had room when it came. Where it has none now, such as without memory, the session ends as with any message.
void WebSocketCarrier::finishMessage() noexcept {
    const auto finished = std::move(rare_->unfinished);
    const SendStatus status =
        finished->release([this](MessageKind kind, Bytes payload) { return send(kind, payload); });
    if (status == SendStatus::Full) session()->close(CloseCause::QueueFull, std::nullopt, {});
}

WhenFull WebSocketCarrier::queuePolicy() const noexcept {
    return session()->sendQueue().whenFull;
}

SendStatus WebSocketCarrier::ping(Bytes payload) noexcept {
    if (!channel_) return SendStatus::Closed;
    ControlOutput output{*channel_};
    connection_.ping(payload, output);
    return output.status;
}

void WebSocketCarrier::close(CloseCode code, std::string_view text) noexcept {
    if (!channel_) return;
    dropUnfinished();
    answer(code, text);
    resumeReading();
    giveUpAfter(session()->endpoint().server->closeTimeout);
}

void WebSocketCarrier::closeNow(CloseCode code, std::string_view text) noexcept {
    if (!channel_) return;
    dropUnfinished();
    channel_->dropQueue();
    answer(code, text);
    resumeReading();
    giveUpAfter(kOverflowTimeout);
}

void WebSocketCarrier::giveUpAfter(std::chrono::milliseconds within) noexcept {
    auto& loop = channel_->loop();
    loop.cancel(timer_);
    timer_ = loop.after(onClock(within), [this] {
        channel_->abort();
        endConnection({});
    });
}

// ------------------------------------------------------------------------------------------------ in

void WebSocketCarrier::onBytes(std::span<std::byte> bytes) {
    session()->touch();
    const std::size_t left = connection_.receive(bytes);
    if (left > 0) keep(bytes.last(left));
    if (connection_.isWithinMessage()) watchMessage();
}

void WebSocketCarrier::onRoomFilled(std::size_t bytes) {
    session()->touch();
    connection_.roomFilled(bytes);
}

void WebSocketCarrier::keep(std::span<std::byte> rest) noexcept {
    try {
        rare().kept = std::make_unique<Kept>(rest);
    } catch (const std::bad_alloc&) {
        connection_.failWithoutMemory();
    }
}

/// Of the messages that come in pieces most are whole long before the timer looks.
void WebSocketCarrier::watchMessage() {
    if (timer_ != 0 || !channel_ || connection_.closeSent()) return;
    const auto within = session()->endpoint().config.limits.messageTimeout;
    if (within.count() <= 0) return;
    connection_.takeProgress();
    timer_ = channel_->loop().after(onClock(within), [this] { messageDue(); });  // endConnection() cancels it
}

void WebSocketCarrier::messageDue() noexcept {
    timer_ = 0;
    if (!connection_.isWithinMessage()) return;
    const bool late = !connection_.isHeld() && !connection_.takeProgress();
    watchMessage();
    if (late) session()->close(CloseCause::MessageTimeout, std::nullopt, {});
}

std::chrono::milliseconds WebSocketCarrier::sendTimeout() const noexcept {
    return session() ? session()->endpoint().config.limits.sendTimeout : std::chrono::milliseconds{};
}

void WebSocketCarrier::onStalled() { session()->close(CloseCause::SendTimeout, std::nullopt, {}); }

WebSocketCarrier::Kept::Kept(Bytes rest)
    : bytes{std::make_unique_for_overwrite<std::byte[]>(rest.size() + kSlackBytes)}, size{rest.size()} {
    std::memcpy(bytes.get(), rest.data(), size);
    std::memset(&bytes[size], 0, kSlackBytes);
    held.set(size);
}

void WebSocketCarrier::pauseReading() noexcept {
    if (!channel_ || connection_.closeSent()) return;
    connection_.hold();
    channel_->pauseReading();
    if (kept()) kept()->resumed = false;
}

void WebSocketCarrier::resumeReading() noexcept {
    if (!channel_ || !connection_.isHeld()) return;
    if (!kept()) {
        connection_.release();
        return channel_->resumeReading();
    }
    kept()->resumed = true;
    // This outlives the entry: it goes by a later one (endConnection).
    if (!std::exchange(kept()->entered, true)) channel_->loop().post([this] { feedKept(); });
}

/// Until all is fed nothing new is read; while it is being fed it is nobody's but this call's.
void WebSocketCarrier::feedKept() {
    if (!rare_ || !rare_->kept) return;  // the connection has ended
    rare_->kept->entered = false;
    if (!std::exchange(rare_->kept->resumed, false)) return;
    auto kept = std::move(rare_->kept);
    const auto channel = channel_;
    connection_.release();
    {
        const transport::Channel::Lending lending{*channel, kept->rest()};
        kept->taken = kept->size - connection_.receive(kept->rest());
    }
    if (connection_.isWithinMessage()) watchMessage();
    if (kept->taken < kept->size) {
        if (rare_) rare_->kept = std::move(kept);
    } else if (channel_ && !connection_.isHeld()) {
        channel_->resumeReading();
    }
}

void WebSocketCarrier::onMessage(MessageKind kind, std::span<std::byte> payload) {
    const transport::Channel::Lending lending{*channel_, payload};
    session()->receive(handle_, kind, payload, kSlackBytes);
}

void WebSocketCarrier::onPong(Bytes payload) { session()->receivePong(payload); }

void WebSocketCarrier::onReply(Bytes frame) {
    channel_->sendControl(frame, connection_.closeSent() ? ControlRoom::Reserved : ControlRoom::Shared);
}

void WebSocketCarrier::onClose(CloseCode code, std::string_view reason) {
    endInTurn([code](WebSocketCarrier& self) { self.answer(code, {}); })->peerClosed(code, reason);
}

/// The rule goes along as the reason: it tells a client's developer what to mend, and nothing of this server.
void WebSocketCarrier::onFailure(CloseCode code, std::string_view rule) {
    std::string text{rule};
    endInTurn([code, text](WebSocketCarrier& self) { self.answer(code, text); })->peerFailed(causeOf(code), text);
}

/// Who has only stopped to speak may still hear.
void WebSocketCarrier::onEnd(std::error_code why) {
    const std::string text = why ? why.message() : "the peer ended the connection without a Close frame";
    endInTurn([](WebSocketCarrier&) {})->lost(text);
}

/// The peer has ended it. What the session has said by now goes before `lastWord`.   Returns: the session.
template <class LastWord>
std::shared_ptr<messaging::SessionCore> WebSocketCarrier::endInTurn(LastWord lastWord) {
    auto keep = session()->shared_from_this();
    // This outlives the entry: it goes by a later one (endConnection).
    keep->inTurn([this, lastWord = std::move(lastWord)] {
        if (!session()) return;
        lastWord(*this);
        endConnection(kFlushTimeout);
    });
    return keep;
}

void WebSocketCarrier::answer(CloseCode code, std::string_view text) noexcept {
    ControlOutput output{*channel_, ControlRoom::Reserved};
    connection_.close(code, text, output);
}

std::size_t WebSocketCarrier::heldBytes() const noexcept {
    if (!session()) return 0;
    return queuedBytes() + connection_.heldBytes() + (kept() ? kept()->size : 0) + session()->waitingBytes();
}

/// Whoever has begun to take a large message and takes no more of it would hold it until his time is over.
void WebSocketCarrier::shed() noexcept {
    if (!session()) return;
    static constexpr std::string_view kNoMemory = "no memory for the message";
    const auto channel = channel_;
    session()->dropWaiting();
    channel->dropQueue();
    answer(CloseCode::TryAgainLater, kNoMemory);
    connection_.abandon();
    session()->peerFailed(CloseCause::OutOfMemory, std::string{kNoMemory});
    if (channel->queuedBytes() > Outbox::kHeldSpare) channel->abort();
    endConnection(kFlushTimeout);
}

void WebSocketCarrier::cut() noexcept {
    if (!session()) return;
    session()->lost("the server has stopped");
    channel_->abort();
    endConnection({});
}

void WebSocketCarrier::endConnection(std::chrono::milliseconds within) noexcept {
    if (!session()) return;
    unlink();
    rare_.reset();
    const auto ended = std::move(channel_);
    ended->loop().cancel(timer_);
    ended->closeAfterFlush(within);
    place_.giveBack();
    // In a task of its own: the caller is inside this object.
    ended->loop().post([handle = std::move(handle_)] { messaging::SessionCore::of(handle)->carrierEnded(); });
}

}  // namespace patchbay::websocket
