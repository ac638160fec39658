#include "transport/SocketChannel.hpp"

#include <algorithm>
#include <utility>

namespace patchbay::transport {
namespace {

constexpr std::uint32_t kReading = EPOLLIN | EPOLLRDHUP;
constexpr std::uint32_t kEndSeen = EPOLLET;  // nothing but the end, which cannot be masked, and that once
constexpr std::uint32_t kRefused = ~0u;      // the kernel would not watch

}  // namespace

SocketChannel::SocketChannel(EventLoop& loop, Socket socket, SendQueue limit) noexcept
    : loop_{loop}, socket_{std::move(socket)}, outbox_{limit} {}

SocketChannel::Pointer SocketChannel::open(EventLoop& loop, Socket socket, SendQueue limit) {
    return Pointer{new SocketChannel{loop, std::move(socket), limit}};
}

void SocketChannel::retire(SocketChannel* channel) {
    if (channel->loop_.isHere()) channel->close();
    channel->loop_.discard(std::unique_ptr<TurnEndTask>{channel});
}

SocketChannel::~SocketChannel() { close(); }

void SocketChannel::start(Receiver& receiver) {
    if (state_ != State::New) return;
    state_ = State::Open;
    receiver_ = &receiver;
    loop_.atTurnEnd(*this);
    watchFirst();
}

void SocketChannel::watchFirst() noexcept {
    watched_ = kReading;
    if (!loop_.watch(socket_.descriptor(), kReading, *this)) return;
    watched_ = kRefused;
    loop_.atTurnEnd(*this);
}

/// Not inside start(), whose caller is not ready to hear of an end.
bool SocketChannel::watchAgain() noexcept {
    if (const auto error = loop_.watch(socket_.descriptor(), kReading, *this)) {
        fail(error);
        return false;
    }
    watched_ = kReading;
    watchAsNeeded();
    return true;
}

void SocketChannel::pauseReading() noexcept {
    paused_ = true;
    watchAsNeeded();
}

void SocketChannel::resumeReading() noexcept {
    paused_ = false;
    watchAsNeeded();
    if (socket_.hasUnread()) loop_.post([self = Pointer{this}] { self->readOn(); });
}

// ---- reading

void SocketChannel::onEvents(std::uint32_t events) noexcept {
    if (events & EPOLLOUT) {
        kernelFull_ = false;
        loop_.atTurnEnd(*this);
    }
    if (!paused_ && !peerEnded_ && (events & ~EPOLLOUT)) {
        if (read()) readOn();
        if (socket_.isSecure()) afterReading();
    } else if (events & (EPOLLHUP | EPOLLERR)) {
        ended(events);
    }
}

/// An end that the socket holds itself, for which no event comes.
void SocketChannel::readOn() noexcept {
    while (state_ != State::Closed && !paused_ && !peerEnded_ && socket_.hasUnread()) read();
}

/// Reading may have gone on with a TLS handshake: it has something to say, or what waited for its end may leave.
void SocketChannel::afterReading() noexcept {
    if (state_ == State::Closed || kernelFull_) return;
    if (socket_.hasUnsent() || (socket_.isReady() && !outbox_.empty())) loop_.atTurnEnd(*this);
}

// True when there may be more. Bytes that arrive after closeAfterFlush() are read only to find the end behind them.
bool SocketChannel::read() noexcept {
    const std::span<std::byte> buffer = loop_.readBuffer();
    const auto room = receiver_ && !socket_.isSecure() ? receiver_->room() : std::span<std::byte>{};
    const IoResult result = room.empty() ? socket_.read(buffer) : socket_.read(room, buffer);
    switch (result.state) {
        case IoResult::State::Done:
            received(room, buffer, result.bytes);
            return state_ != State::Closed;
        case IoResult::State::WouldBlock:
            return false;
        case IoResult::State::Failed:
            fail(result.error);
            return false;
        case IoResult::State::End:
            break;
    }
    peerEnded_ = true;
    if (state_ == State::HalfClosed) {
        close();
        return false;
    }
    watchAsNeeded();
    if (receiver_) receiver_->onEnd({});
    return false;
}

void SocketChannel::received(std::span<std::byte> room, std::span<std::byte> buffer, std::size_t bytes) noexcept {
    const std::size_t inRoom = std::min(bytes, room.size());
    if (inRoom > 0 && receiver_) receiver_->onRoomFilled(inRoom);
    if (bytes == inRoom || !receiver_) return;
    const Lending lending{*this, buffer};
    receiver_->onBytes(buffer.first(bytes - inRoom));
}

// The connection is down in both directions while nobody reads: reading is paused, or the peer's end has been seen.
void SocketChannel::ended(std::uint32_t events) noexcept {
    if (peerEnded_) return close();
    if (events & EPOLLERR)
        if (const auto error = socket_.takeError()) return fail(error);
    if (std::exchange(watched_, kEndSeen) != kEndSeen) loop_.rewatch(socket_.descriptor(), kEndSeen, *this);
}

// ---- writing

bool SocketChannel::canWrite() const noexcept {
    return !kernelFull_ && (state_ == State::Open || state_ == State::Flushing);
}

SendStatus SocketChannel::sendNow(const SharedBatch& batch, std::size_t first, std::size_t last) noexcept {
    const std::size_t begin = batch->start(first), bytes = batch->start(last) - begin;
    const bool now = outbox_.empty() && state_ == State::Open && !socket_.isSecure() && outbox_.fits(bytes);
    if (!now || bytes == 0) return send(batch, first, last);
    iovec piece{const_cast<std::byte*>(batch->bytes.data() + begin), bytes};
    const IoResult result = socket_.write({&piece, 1});
    ++writeCalls_;
    if (result.state == IoResult::State::Done) return SendStatus::Queued;
    const SendStatus status = send(batch, first, last);  // the turn's end sees to the rest, or to the failure
    outbox_.written(result.bytes);
    return status;
}

void SocketChannel::onTurnEnd() noexcept {
    if (watched_ == kRefused && !watchAgain()) return;
    if (!canWrite()) return;
    if (socket_.hasUnsent() || (!outbox_.empty() && socket_.isReady())) return write();
    watchAsNeeded();
    // A peer that has gone within the TLS handshake will never be ready for what waits.
    if (state_ == State::Flushing && (socket_.isReady() || peerEnded_)) sendEnd();
}

/// At the end of a Lending, in the middle of a turn: what fails here is told at the turn's end.
void SocketChannel::writeLent() noexcept {
    if (canWrite() && socket_.isReady() && !socket_.hasUnsent()) {
        Batch batch;
        outbox_.gather(batch);
        const IoResult result = socket_.write(batch.span());
        ++writeCalls_;
        if (result.state != IoResult::State::Failed) outbox_.written(result.bytes);
    }
    outbox_.keepLent();
}

void SocketChannel::write() noexcept {
    Batch batch;
    if (socket_.isReady()) outbox_.gather(batch);
    const IoResult result = socket_.write(batch.span(), state_ == State::Flushing && batch.bytes == outbox_.unsentBytes());
    ++writeCalls_;
    outbox_.written(result.bytes);
    written(result);
}

void SocketChannel::written(const IoResult& result) noexcept {
    if (result.state == IoResult::State::Failed) return writeFailed(result.error);
    const bool empty = outbox_.empty() && !socket_.hasUnsent();
    kernelFull_ = result.state == IoResult::State::WouldBlock && !empty;
    if (kernelFull_) outbox_.settle();
    watchAsNeeded();
    if (!empty) {
        // The rest in the next turn: others get theirs in between.
        if (result.state == IoResult::State::Done && socket_.isReady()) loop_.atTurnEnd(*this);
        return;
    }
    if (state_ == State::Flushing) return sendEnd();
    if (receiver_) receiver_->onDrained();
}

// What the peer sent before it reset the connection is still there to read, such as the Close frame that says why.
void SocketChannel::writeFailed(std::error_code why) noexcept {
    if (state_ != State::Open) return close();
    stopSending();
    while (state_ == State::Open && !paused_ && !peerEnded_ && read()) continue;
    if (state_ == State::Open) fail(why);
}

// ---- closing

void SocketChannel::fail(std::error_code why) noexcept {
    Receiver* receiver = peerEnded_ ? nullptr : receiver_;
    close();
    if (receiver) receiver->onEnd(why);
}

void SocketChannel::closeAfterFlush(std::chrono::milliseconds within, Patience patience) {
    noMoreSends_ = true;
    if (state_ != State::New && state_ != State::Open) return;
    if (std::exchange(state_, State::Flushing) == State::New) watchFirst();
    receiver_ = nullptr;
    paused_ = false;
    giveUpAfter(within, patience);
    watchAsNeeded();
    loop_.atTurnEnd(*this);
}

void SocketChannel::giveUpAfter(std::chrono::milliseconds within, Patience patience) {
    const std::size_t left = patience == Patience::WhileItTakes ? untaken() : 0;
    deadline_ = loop_.after(within, [self = Pointer{this}, within, patience, left] {
        if (patience == Patience::WhileItTakes && self->untaken() < left) return self->giveUpAfter(within, patience);
        self->abort();
    });
}

void SocketChannel::sendEnd() noexcept {
    if (peerEnded_) return close();
    socket_.shutdownWrite();
    state_ = State::HalfClosed;
}

void SocketChannel::abort() noexcept {
    if (state_ != State::Closed) socket_.resetOnClose();
    close();
}

void SocketChannel::close() noexcept {
    if (std::exchange(state_, State::Closed) == State::Closed) return;
    receiver_ = nullptr;
    unlink();
    loop_.unwatch(socket_.descriptor(), *this);
    socket_.close();
    stopSending();
    loop_.cancel(std::exchange(deadline_, 0));  // last: its task may hold the last reference
}

void SocketChannel::stopSending() noexcept {
    noMoreSends_ = true;
    outbox_.clear();
}

void SocketChannel::watchAsNeeded() noexcept {
    if (state_ == State::New || state_ == State::Closed || watched_ == kRefused) return;
    std::uint32_t wanted = paused_ || peerEnded_ ? 0 : kReading;
    if (kernelFull_) wanted |= EPOLLOUT;
    if (wanted == watched_ || (watched_ == kEndSeen && wanted == 0)) return;
    loop_.rewatch(socket_.descriptor(), watched_ = wanted, *this);
}

}  // namespace patchbay::transport
