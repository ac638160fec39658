#include "Stream.hpp"

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace patchbay::simulation {
namespace {

constexpr std::size_t kSlack = 64;         // readable behind what a receiver is given
constexpr int kMostPerTurn = 8;            // pieces that one turn hands on

}  // namespace

/// Gets what happens before the session has its carrier.
class Stream::Nobody final : public transport::Channel::Receiver {
public:
    void onBytes(std::span<std::byte>) override {}
    void onEnd(std::error_code) override {}
};

/// The simulation's network.
class Stream::Wire final : public transport::Channel {
public:
    Wire(SimLoop& loop, Stream& stream) noexcept : Channel{loop, {}}, stream_{&stream} {}
    ~Wire() override { close(); }

    using Channel::fail, Channel::hasCredit, Channel::isBlocked, Channel::isReading, Channel::peerEnds;
    bool isOver() const noexcept { return state() != State::New && state() != State::Open; }
    bool isClosed() const noexcept { return state() == State::Closed; }
    /// `buffer` is as large, with kSlack behind it.
    void give(Bytes bytes, std::span<std::byte> buffer) {
        const std::span<std::byte> room = receiver() ? receiver()->room() : std::span<std::byte>{};
        const std::size_t first = std::min(room.size(), bytes.size());
        std::ranges::copy(bytes.first(first), room.begin());
        std::ranges::copy(bytes.subspan(first), buffer.begin());
        received(room, buffer, bytes.size());
    }
    /// Its stream is gone.
    void leave() noexcept { stream_ = nullptr; }

private:
    transport::IoResult writeWire(std::span<iovec> from, bool) noexcept override {
        if (!stream_) return {transport::IoResult::State::Failed, 0, std::error_code{EPIPE, std::system_category()}};
        return stream_->take(from);
    }
    void watch(Wants) noexcept override {}
    void begin() noexcept override {}
    void endWire() noexcept override {
        if (stream_) stream_->serverEnds();
    }
    void resetWire() noexcept override {}
    void closeWire() noexcept override {
        if (stream_) stream_->wireCloses();
    }

    Stream* stream_;
};

/// Between a session and its carrier: the model is told.
class Stream::Tap final : public Carrier {
public:
    Tap(Stream& stream, std::unique_ptr<websocket::WebSocketCarrier> carrier) noexcept
        : stream_{stream}, carrier_{std::move(carrier)} {
        stream_.tap_ = this;
    }
    ~Tap() override { stream_.tap_ = nullptr; }

    SendStatus send(MessageKind kind, Bytes payload) noexcept override {
        return stream_.entered(payload, carrier_->send(kind, payload));
    }
    /// All at once where all of it has room; or else one by one, since one answer for many would not tell which have
    /// fallen.
    SendStatus deliver(const Delivery& delivery) noexcept override {
        std::size_t bytes = carrier_->queuedBytes();
        for (std::size_t i = 0; i < delivery.count(); ++i) bytes += delivery.payload(i).size() + 10;
        if (bytes > stream_.connection_.limits().sendQueue.bytes) return deliverEach(delivery);
        const SendStatus status = carrier_->deliver(delivery);
        if (status == SendStatus::Closed) return status;
        for (std::size_t i = 0; i < delivery.count(); ++i) stream_.entered(delivery.payload(i), status);
        return status;
    }
    std::size_t queuedBytes() const noexcept override { return carrier_->queuedBytes(); }
    SendStatus ping(Bytes payload) noexcept override { return carrier_->ping(payload); }
    void pauseReading() noexcept override {
        stream_.pauses();
        carrier_->pauseReading();
    }
    void resumeReading() noexcept override {
        stream_.resumes();
        carrier_->resumeReading();
    }
    void close(CloseCode code, std::string_view text) noexcept override {
        stream_.saysGoodbye(code, text, false);
        carrier_->close(code, text);
    }
    void closeNow(CloseCode code, std::string_view text) noexcept override {
        stream_.saysGoodbye(code, text, true);
        carrier_->closeNow(code, text);
    }
    void cut() noexcept { carrier_->cut(); }

private:
    SendStatus deliverEach(const Delivery& delivery) noexcept {
        SendStatus all = SendStatus::Queued;
        for (std::size_t i = delivery.first; i < delivery.last; ++i) {
            const SendStatus one = stream_.entered(delivery.broadcast.payload(i),
                                                   carrier_->deliver({delivery.broadcast, i, i + 1, delivery.tag,
                                                                      delivery.alone && i + 1 == delivery.last}));
            if (one == SendStatus::Full || one == SendStatus::Closed) return one;
            if (one == SendStatus::Dropped) all = one;
        }
        return all;
    }

    Stream& stream_;
    const std::unique_ptr<websocket::WebSocketCarrier> carrier_;
};

Stream::Stream(Connection& connection, Surroundings& around, SimLoop& loop, Model::Id id)
    : connection_{connection}, around_{around}, loop_{loop}, id_{id}, random_{id + 1} {}

Stream::~Stream() {
    if (wire_) wire_->leave();
}

// ------------------------------------------------------------------------------------------------ the server's side

void Stream::open(const std::shared_ptr<messaging::SessionCore>& session) {
    static Nobody nobody;
    wire_ = new Wire{loop_, *this};
    wire_->start(nobody);
    auto carrier = std::make_unique<websocket::WebSocketCarrier>(
        websocket::WebSocketCarrier::Upgraded{wire_, session, {}, transport::ConnectionPlace{around_.places}},
        carriers_);
    websocket::WebSocketCarrier& self = *carrier;
    around_.model.touched(id_);
    session->open(std::make_unique<Tap>(*this, std::move(carrier)));
    self.beginReading({});
}

void Stream::cut() noexcept {
    if (!tap_ || wire_->isOver()) return;
    disturbed_ = true;
    connection_.look();
    around_.model.leaves(id_, endingFor(CloseCause::ConnectionLost));
    around_.model.excuse(id_);
    tap_->cut();
}

bool Stream::hasEnded() const noexcept { return wire_ && wire_->isClosed() && !tap_; }
std::uint64_t Stream::dropped() const noexcept { return wire_ ? wire_->droppedMessages() : 0; }
bool Stream::isHeldUp() const noexcept { return paused_ && !underWay_.empty(); }

SendStatus Stream::entered(Bytes payload, SendStatus status) noexcept {
    loop_.mustBeHere();
    if (status == SendStatus::Closed) return status;
    const Model::Call call = callIn(payload);
    if (call == 0)
        around_.model.fail(Rule::Torn,
                           "a message of " + std::to_string(payload.size()) + " bytes is not what was sent");
    if (status != SendStatus::Queued) ++around_.fullQueues;
    around_.trace.add("gets session %llu: call %llu, %llu", id_, call, static_cast<std::uint64_t>(status));
    connection_.look();
    around_.model.entered(id_, call, status);
    if (status == SendStatus::Queued) entered_.push_back(call);
    if (status == SendStatus::Dropped) ++refused_;
    return status;
}

void Stream::saysGoodbye(CloseCode code, std::string_view text, bool atOnce) noexcept {
    loop_.mustBeHere();
    if (wire_->isOver()) return;
    around_.trace.add("goodbye session %llu: code %llu, at once %llu", id_, static_cast<std::uint64_t>(code),
                      atOnce ? 1 : 0);
    codes_.push_back(code);
    if (!vanished_) {
        connection_.look();
        around_.model.goodbye(id_, code, text, atOnce, connection_.droppedBefore());
    }
    if (atOnce) {
        if (std::exchange(fresh_, false)) hear();
        orderly_ = false;
    }
    goodbyeSaid_ = true;
    resumes();
}

void Stream::pauses() noexcept {
    loop_.mustBeHere();
    paused_ = !goodbyeSaid_;
    if (paused_) around_.model.readsNot(id_);
}

void Stream::resumes() noexcept {
    loop_.mustBeHere();
    if (!std::exchange(paused_, false)) return;
    around_.model.readsAgain(id_);
    saidSome_ = advanced_ = loop_.now();
}

/// As much as there is credit for, and often less.
transport::IoResult Stream::take(std::span<iovec> from) noexcept {
    using State = transport::IoResult::State;
    if (vanished_) {
        foundOut_ = true;
        return {State::Failed, 0, std::error_code{EPIPE, std::system_category()}};
    }
    std::size_t all = 0;
    for (const iovec& piece : from) all += piece.iov_len;
    std::size_t most = stalled_ ? std::min(all, credit_) : all;
    if (stalled_) credit_ -= most;
    if (!stalled_ && random_.chance(25)) most = random_.below(static_cast<std::uint32_t>(all) + 1);
    std::size_t left = most;
    for (const iovec& piece : from) {
        const std::size_t some = std::min(left, piece.iov_len);
        heard_.append(static_cast<const char*>(piece.iov_base), some);
        left -= some;
    }
    fresh_ = fresh_ || most != 0;
    took_ = loop_.now();
    return {most == all ? State::Done : State::WouldBlock, most, {}};
}

void Stream::serverEnds() noexcept {
    serverEnded_ = true;
    if (!mute_ && !vanished_) endDue_ = true;
}

void Stream::wireCloses() noexcept {
    if (std::exchange(fresh_, false)) hear();
    if (goodbyeSaid_ && orderly_ && !goodbyeHeard_ && !disturbed_)
        around_.model.fail(Rule::Loss,
                           "session " + std::to_string(id_) + " has said goodbye, and its client has not heard it");
}

// ------------------------------------------------------------------------------------------------ what comes

void Stream::put(Arriving arriving) {
    if (vanished_ || clientClosed_ || !wire_ || wire_->isClosed()) return;
    arriving.due = around_.machine.now + delay_;
    if (!underWay_.empty()) arriving.due = std::max(arriving.due, underWay_.back().due);
    underWay_.push_back(std::move(arriving));
}

void Stream::vanish() noexcept {
    if (!wire_ || wire_->isOver()) return;
    vanished_ = disturbed_ = true;
    underWay_.clear();
    around_.model.mayBeLost(id_);
    around_.model.excuse(id_);
}

bool Stream::isNextDue() const noexcept { return !underWay_.empty() && underWay_.front().due <= loop_.now(); }

bool Stream::hasWork() const noexcept {
    if (fresh_) return true;
    if (!wire_ || wire_->isClosed()) return false;
    const bool due = !underWay_.empty() && underWay_.front().due <= around_.machine.now;
    return isWritableAgain() || isEndDue() || (due && ((wire_->isReading() && !isHanging()) || hasReset()));
}

bool Stream::isWritableAgain() const noexcept { return wire_->isBlocked() && (!stalled_ || credit_ != 0 || vanished_); }
bool Stream::isEndDue() const noexcept { return endDue_ && underWay_.empty() && wire_->isReading(); }
bool Stream::hasReset() const noexcept {
    return std::ranges::any_of(underWay_, [](const Arriving& one) { return one.what == What::Reset; });
}

void Stream::arrive() {
    if (std::exchange(fresh_, false)) hear();
    if (!wire_ || wire_->isClosed()) return;
    if (isWritableAgain()) {
        wire_->hasCredit();
        took_ = loop_.now();
    }
    const auto keep = wire_;
    for (int i = 0; i < kMostPerTurn && isNextDue() && wire_->isReading() && !isHanging(); ++i) hand();
    // A reset is felt whoever reads.
    if ((!wire_->isReading() || isHanging()) && isNextDue() && hasReset()) {
        underWay_.clear();
        tell({.what = What::Reset, .bytes = {}});
        wire_->fail(std::error_code{ECONNRESET, std::system_category()});
    }
    if (isEndDue()) {
        endDue_ = false;
        wire_->peerEnds();
    }
    if (wire_->isOver()) isOver();
    tellLate();
}

void Stream::isOver() {
    if (peerEnds_ && !vanished_ && !foundOut_) around_.model.endedByPeer(id_, connection_.droppedBefore());
    around_.model.excuse(id_);
}

// ------------------------------------------------------------------------------------------------ who takes too long

bool Stream::takesNothing() const noexcept {
    const auto most = connection_.limits().sendTimeout;
    return most.count() > 0 && wire_->isBlocked() && loop_.now() - took_ >= most;
}

bool Stream::saysNothing(Clock::time_point since) const noexcept {
    const auto most = connection_.limits().messageTimeout;
    return most.count() > 0 && begun_ && !paused_ && loop_.now() - since >= most;
}

/// Timers come behind this, and may end it.
void Stream::tellLate() noexcept {
    if (isOpen()) around_.model.isLate(id_, {takesNothing(), saysNothing(advanced_)});
}

/// Headers and a ping between fragments do not bring a message on, and fit in so many bytes.
void Stream::saysSome(std::size_t bytes, bool isEnd) noexcept {
    constexpr std::size_t kMostWithoutPayload = 40;
    saidSome_ = loop_.now();
    if (isEnd || !begun_ || bytes > kMostWithoutPayload) advanced_ = saidSome_;
    begun_ = !isEnd;
}

bool Stream::Patience::look(Clock::time_point now, Clock::time_point since, std::chrono::milliseconds most) noexcept {
    if (std::exchange(since_, since) != since || !looked_) {
        looked_ = now;
        return true;
    }
    return now - *looked_ < most;
}

void Stream::checkTimeouts() {
    if (!wire_ || wire_->isOver() || !isOpen()) return;
    if (takesNothing() && !takes_.look(loop_.now(), took_, connection_.limits().sendTimeout))
        around_.model.fail(Rule::Bounds, "session " + std::to_string(id_) + " is open though its client takes nothing");
    if (saysNothing(saidSome_) && !says_.look(loop_.now(), saidSome_, connection_.limits().messageTimeout))
        around_.model.fail(Rule::Bounds, "session " + std::to_string(id_) + " is open though its client does not finish a message");
}

// ------------------------------------------------------------------------------------------------ what it reads

void Stream::hand() {
    connection_.look();
    if (wire_->isReading() && !wire_->isOver()) tellRead();
    Arriving& first = underWay_.front();
    const auto size = static_cast<std::uint32_t>(first.bytes.size());
    switch (first.what) {
        case What::Fin:
        case What::Reset: {
            const Arriving end = std::move(first);
            underWay_.pop_front();
            tell(end);
            if (end.what == What::Fin) return wire_->peerEnds();
            return wire_->fail(std::error_code{ECONNRESET, std::system_category()});
        }
        case What::Break:
            return handPiece(first, size);
        default:
            break;
    }
    if (hangs_ && size > 1) return handPiece(first, random_.between(1, size - 1));
    if (random_.chance(40)) return handPiece(first, random_.between(1, size));
    if (random_.chance(50)) return handMany();
    handPiece(first, size);
}

/// Some of a frame, or the rest of it.
void Stream::handPiece(Arriving& first, std::size_t bytes) {
    const std::string piece = first.bytes.substr(0, bytes);
    first.bytes.erase(0, bytes);
    saysSome(bytes, first.bytes.empty());
    if (first.bytes.empty()) {
        tell(first);
        underWay_.pop_front();
    }
    give(piece);
}

/// Messages, pings and pongs that are there, in one read.
void Stream::handMany() {
    std::string all;
    bool isFirst = true;
    while (isNextDue() && underWay_.front().what != What::Fin && underWay_.front().what != What::Reset) {
        const Arriving& next = underWay_.front();
        if (next.what == What::Break || (next.what == What::Goodbye && !isFirst)) break;
        all += next.bytes;
        const bool last = next.what == What::Goodbye;
        if (isFirst) {
            tell(next);
        } else if (next.what == What::Message) {
            untold_.emplace_back(next.number, next.size);
        }
        isFirst = false;
        underWay_.pop_front();
        if (last) break;
    }
    saysSome(all.size(), true);
    give(all);
}

/// What is about to be read, and what it brings about.
void Stream::tell(const Arriving& arriving) {
    Model& model = around_.model;
    connection_.look();
    switch (arriving.what) {
        case What::Message:
            told_ = arriving.number;
            if (isOpen()) model.arrived(id_, arriving.number, arriving.size);
            break;
        case What::Goodbye:
            model.leaves(id_, {CloseCause::Peer, arriving.code, arriving.code, {}});
            peerEnds_ = true;
            break;
        case What::Break:
            if (arriving.cause == CloseCause::TooBig && isOpen()) model.breaksSize(id_);
            model.leaves(id_, endingFor(arriving.cause));
            peerEnds_ = true;
            codes_.push_back(endingFor(arriving.cause).onWire);
            break;
        case What::Fin:
        case What::Reset:
            model.leaves(id_, endingFor(CloseCause::ConnectionLost));
            peerEnds_ = arriving.what == What::Fin;
            break;
        case What::Ping:
        case What::Pong:
            break;
    }
}

/// The server reads on, so it has read what it has. Of a session that closes the model hears when a handler begins.
void Stream::tellRead() {
    if (!untold_.empty() && isOpen()) handles(untold_.back().first);
}

void Stream::handles(std::uint32_t number) {
    while (!untold_.empty() && untold_.front().first <= number) {
        told_ = untold_.front().first;
        around_.model.arrived(id_, told_, untold_.front().second);
        untold_.pop_front();
    }
}

void Stream::give(std::string_view bytes) {
    around_.model.touched(id_);
    std::vector<std::byte> buffer(bytes.size() + kSlack);
    const auto keep = wire_;
    keep->give(asBytes(bytes), std::span{buffer}.first(bytes.size()));
    if (!keep->isOver() && keep->isReading() && wire_) tellRead();
}

void Stream::checkRest() {
    tellRead();
    const bool ended = !wire_ || wire_->isClosed();
    if (!ended && goodbyeHeard_ && !mute_ && !vanished_)
        around_.model.fail(Rule::Asleep, "a connection has not ended though both sides have said goodbye");
    if (foundOut_ && isOpen())
        around_.model.fail(Rule::Asleep, "a session is open though its client could not be written to");
    if (!isOpen() || vanished_ || !connection_.session().isReceiving()) return;
    if (told_ != said_)
        around_.model.fail(Rule::Loss,
                           "the server has read " + std::to_string(told_) + " messages of " + std::to_string(said_));
    if (entered_.size() + fallen_ + refused_ != dropped())
        around_.model.fail(Rule::Loss, "the client misses " + std::to_string(entered_.size() + fallen_ + refused_) +
                                           " messages, and " + std::to_string(dropped()) + " were dropped");
}

}  // namespace patchbay::simulation
