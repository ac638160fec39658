#include "transport/Channel.hpp"

#include <sys/uio.h>

#include <algorithm>
#include <new>
#include <utility>

namespace patchbay::transport {

void Channel::retire(Channel* channel) {
    if (channel->loop_.isHere()) channel->close();
    channel->loop_.discard(std::unique_ptr<TurnEndTask>{channel});
}

void Channel::start(Receiver& receiver) {
    if (state_ != State::New) return;
    state_ = State::Open;
    receiver_ = &receiver;
    loop_.atTurnEnd(*this);
    begin();
}

void Channel::pauseReading() noexcept {
    paused_ = true;
    watchAsNeeded();
}

void Channel::resumeReading() noexcept {
    paused_ = false;
    watchAsNeeded();
    readHeld();
}

void Channel::watchAsNeeded() noexcept {
    if (state_ == State::New || state_ == State::Closed) return;
    const Wants now{!paused_ && !peerEnded_, blocked_};
    if (now == wants_) return;
    wants_ = now;
    watch(now);
}

// ---- reading

void Channel::received(std::span<std::byte> room, std::span<std::byte> buffer, std::size_t bytes) noexcept {
    const std::size_t inRoom = std::min(bytes, room.size());
    if (inRoom > 0 && receiver_) receiver_->onRoomFilled(inRoom);
    if (!receiver_) return discard(bytes);
    if (bytes == inRoom) return;
    const Lending lending{*this, buffer};
    receiver_->onBytes(buffer.first(bytes - inRoom));
}

/// Of a connection that ends, to find the peer's end behind it. One that goes on all the same is read no more: its window closes, and
/// it ends when its time is over.
void Channel::discard(std::size_t bytes) noexcept {
    const std::size_t pieces = bytes / kPiece + 1;
    if (pieces < kMostDiscarded - discarded_) {
        discarded_ = static_cast<std::uint16_t>(discarded_ + pieces);
        return;
    }
    discarded_ = std::uint16_t{kMostDiscarded};
    pauseReading();
}

void Channel::peerEnds() noexcept {
    peerEnded_ = true;
    if (state_ == State::HalfClosed) return close();
    watchAsNeeded();
    if (receiver_) receiver_->onEnd({});
}

// ---- writing

SendStatus Channel::sendBehind(Bytes head, Bytes payload) noexcept {
    return queued([&] { return outbox_.appendBehind(head, payload); });
}

SendStatus Channel::sendElsewhere(Bytes head, Bytes payload) noexcept {
    if (noMoreSends_) return SendStatus::Closed;
    return queued([&] {
        requireMemoryIfBlocked(head.size() + payload.size());
        const bool lend = payload.size() >= Outbox::kLeastLent && isLent(payload);
        return lend ? outbox_.appendLent(head, payload) : outbox_.append(head, payload);
    });
}

SendStatus Channel::sendNow(const SharedBatch& batch, std::size_t first, std::size_t last) noexcept {
    const std::size_t begin = batch->start(first), bytes = batch->start(last) - begin;
    const bool now = outbox_.empty() && state_ == State::Open && direct_ && outbox_.fits(bytes);
    if (!now || bytes == 0) return send(batch, first, last);
    iovec piece{const_cast<std::byte*>(batch->bytes.data() + begin), bytes};
    const IoResult result = writeWire({&piece, 1}, false);
    ++writeCalls_;
    if (result.state == IoResult::State::Done) return SendStatus::Queued;
    const SendStatus status = send(batch, first, last);  // the turn's end sees to the rest, or to the failure
    // The peer would take the next message for the rest of this one.
    if (status == SendStatus::Full && result.bytes != 0) {
        outbox_.lose();
        return withoutMemory();
    }
    outbox_.written(result.bytes);
    return status;
}

void Channel::onTurnEnd() noexcept {
    if (outbox_.isLost()) return fail(std::make_error_code(std::errc::not_enough_memory));
    if (!canWrite()) return;
    if (hasToWrite()) return write();
    watchAsNeeded();
    // A peer that has gone within the TLS handshake will never be ready for what waits.
    if (state_ == State::Flushing && (ready_ || peerEnded_)) sendEnd();
}

/// At the end of a Lending, in the middle of a turn: what fails here is told at the turn's end.
void Channel::writeLent() noexcept {
    if (canWrite() && ready_ && !unsent_) {
        Batch batch;
        outbox_.gather(batch);
        const IoResult result = writeWire(batch.span(), false);
        ++writeCalls_;
        if (result.state != IoResult::State::Failed) outbox_.written(result.bytes);
    }
    outbox_.keepLent();
    if (outbox_.isLost()) withoutMemory();
}

/// What waits is lost with its connection, which ends with the turn; a message that could not be queued is just that.
SendStatus Channel::withoutMemory() noexcept {
    if (outbox_.isLost()) {
        noMoreSends_ = true;
        loop_.atTurnEnd(*this);
    }
    return SendStatus::Full;
}

void Channel::write() noexcept {
    Batch batch;
    if (ready_) outbox_.gather(batch);
    const IoResult result = writeWire(batch.span(), state_ == State::Flushing && batch.bytes == outbox_.unsentBytes());
    ++writeCalls_;
    outbox_.written(result.bytes);
    written(result);
}

void Channel::written(const IoResult& result) noexcept {
    if (result.state == IoResult::State::Failed) return writeFailed(result.error);
    const bool empty = outbox_.empty() && !unsent_;
    blocked_ = result.state == IoResult::State::WouldBlock && !empty;
    if (blocked_) {
        outbox_.settle();
        watchStall();
    }
    if (outbox_.isLost()) [[unlikely]]
        withoutMemory();
    watchAsNeeded();
    if (!empty) {
        // The rest in the next turn: others get theirs in between.
        if (result.state == IoResult::State::Done && ready_) loop_.atTurnEnd(*this);
        return;
    }
    if (state_ == State::Flushing) return sendEnd();
    if (receiver_) receiver_->onDrained();
}

/// What is left alone when the wire takes again: the timer looks at what has become of it, and most never come to that.
void Channel::watchStall() noexcept {
    if (deadline_ != 0 || state_ != State::Open || !receiver_) return;
    const auto within = receiver_->sendTimeout();
    if (within.count() <= 0) return;
    tookSome_ = false;
    deadline_ = loop_.after(onClock(within), [this, before = untakenByPeer()] { stallDue(before); });  // close() cancels it
}

/// Who reads slowly takes of what the wire holds long before that has credit again.
void Channel::stallDue(std::size_t before) noexcept {
    deadline_ = 0;
    if (!blocked_) return;
    const bool takes = tookSome_ || untakenByPeer() < before;
    watchStall();
    if (!takes && receiver_) receiver_->onStalled();
}

// What the peer sent before it reset the connection is still there to read, such as the Close frame that says why.
void Channel::writeFailed(std::error_code why) noexcept {
    if (state_ != State::Open) return close();
    stopSending();
    readRest();
    if (state_ == State::Open) fail(why);
}

// ---- closing

void Channel::fail(std::error_code why) noexcept {
    Receiver* receiver = peerEnded_ ? nullptr : receiver_;
    close();
    if (receiver) receiver->onEnd(why);
}

void Channel::closeAfterFlush(std::chrono::milliseconds within, Patience patience) noexcept {
    noMoreSends_ = true;
    if (state_ != State::New && state_ != State::Open) return;
    if (std::exchange(state_, State::Flushing) == State::New) begin();
    receiver_ = nullptr;
    paused_ = false;
    loop_.cancel(std::exchange(deadline_, 0));
    giveUpAfter(within, patience);
    if (state_ == State::Closed) return;
    watchAsNeeded();
    loop_.atTurnEnd(*this);
}

void Channel::giveUpAfter(std::chrono::milliseconds within, Patience patience) noexcept {
    const std::size_t left = patience == Patience::WhileItTakes ? untaken() : 0;
    try {
        deadline_ = loop_.after(within, [self = Pointer{this}, within, patience, left] {
            if (patience == Patience::WhileItTakes && self->untaken() < left) return self->giveUpAfter(within, patience);
            self->abort();
        });
    } catch (const std::bad_alloc&) {
        abort();  // who takes nothing of it would stay for ever
    }
}

void Channel::sendEnd() noexcept {
    if (peerEnded_) return close();
    endWire();
    state_ = State::HalfClosed;
}

void Channel::abort() noexcept {
    if (state_ != State::Closed) resetWire();
    close();
}

void Channel::close() noexcept {
    if (std::exchange(state_, State::Closed) == State::Closed) return;
    receiver_ = nullptr;
    unlink();
    closeWire();
    stopSending();
    loop_.cancel(std::exchange(deadline_, 0));  // last: its task may hold the last reference
}

void Channel::stopSending() noexcept {
    noMoreSends_ = true;
    outbox_.clear();
}

}  // namespace patchbay::transport
