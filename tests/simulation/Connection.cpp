#include "Connection.hpp"

#include "Stream.hpp"

#include "base/QueuePolicy.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace patchbay::simulation {
namespace {

constexpr std::size_t kLargestMessage = 8192;
/// How many of what has arrived one turn hands on.
constexpr int kMostPerTurn = 8;

/// Seven bits a byte, so that it is text.   Requires: the number is below 2^28.
std::array<std::byte, 4> textOf(std::uint32_t call) noexcept {
    std::array<std::byte, 4> text;
    for (std::byte& byte : text) {
        byte = static_cast<std::byte>(call & 0x7F);
        call >>= 7;
    }
    return text;
}

constexpr std::size_t kNumber = 4;

std::uint32_t numberIn(Bytes text) noexcept {
    std::uint32_t number = 0;
    for (std::size_t i = kNumber; i-- > 0;) number = number << 7 | static_cast<std::uint32_t>(text[i]);
    return number;
}

std::byte fillOf(Model::Call call) noexcept { return static_cast<std::byte>('a' + call % 26); }

}  // namespace

Bytes payloadOf(Model::Call call, std::size_t bytes) noexcept {
    static std::array<std::byte, kLargestMessage> buffer;
    const auto head = textOf(call);
    bytes = std::clamp(bytes, head.size(), buffer.size());
    std::memset(buffer.data(), static_cast<int>(fillOf(call)), bytes);
    std::ranges::copy(head, buffer.begin());
    return {buffer.data(), bytes};
}

Model::Call callIn(Bytes payload) noexcept {
    if (payload.size() < kNumber) return 0;
    const Model::Call call = numberIn(payload);
    const std::byte fill = fillOf(call);
    return std::ranges::all_of(payload.subspan(kNumber), [fill](std::byte byte) { return byte == fill; }) ? call : 0;
}

std::string saidBy(std::uint32_t number, std::uint32_t step, std::size_t bytes) {
    std::string said;
    for (const std::uint32_t one : {number, step}) said += asText(textOf(one));
    said.resize(std::clamp(bytes, said.size(), kLargestMessage), '.');
    return said;
}

std::optional<Said> saidIn(Bytes payload) noexcept {
    if (payload.size() < 2 * kNumber) return std::nullopt;
    return Said{numberIn(payload), numberIn(payload.subspan(kNumber))};
}

// ------------------------------------------------------------------------------------------------ the carrier

class SimCarrier final : public Carrier {
public:
    explicit SimCarrier(Connection& connection) noexcept : connection_{connection} { ++connection.carriers_; }
    ~SimCarrier() override { --connection_.carriers_; }

    SendStatus send(MessageKind, Bytes payload) noexcept override { return connection_.take(payload); }
    std::size_t queuedBytes() const noexcept override { return connection_.queuedBytes_; }
    SendStatus ping(Bytes) noexcept override { return connection_.answerPing(); }
    void close(CloseCode code, std::string_view text) noexcept override { connection_.close(code, text, false); }
    void closeNow(CloseCode code, std::string_view text) noexcept override { connection_.close(code, text, true); }
    void pauseReading() noexcept override { connection_.pauseReading(); }
    void resumeReading() noexcept override { connection_.resumeReading(); }

private:
    Connection& connection_;
};

Connection::Connection(Surroundings& surroundings, SimLoop& loop, Model::Id id, unsigned slot)
    : around_{surroundings}, loop_{loop}, id_{id}, slot_{slot} {
    if (around_.byBytes) stream_ = std::make_unique<Stream>(*this, around_, loop_, id_);
}

Connection::~Connection() = default;

bool Connection::hasEnded() const noexcept { return stream_ ? stream_->hasEnded() : ended_; }
bool Connection::hasCarrier() const noexcept { return stream_ ? stream_->hasCarrier() : carriers_ != 0; }
bool Connection::isHeldUp() const noexcept { return stream_ ? stream_->isHeldUp() : paused_ && !underWay_.empty(); }
std::uint64_t Connection::droppedBefore() const noexcept {
    return handle_.droppedMessages() - (stream_ ? stream_->dropped() : dropped_);
}
void Connection::handles(std::uint32_t number) {
    if (stream_) stream_->handles(number);
}
bool Connection::isLate() const noexcept { return stream_ && stream_->hasCarrier(); }
void Connection::checkRest() {
    if (stream_) stream_->checkRest();
}

void Connection::begin(const std::shared_ptr<messaging::SessionCore>& session) {
    handle_ = Session{session};
    pending_ = session;
}

void Connection::open() {
    if (stream_) return stream_->open(std::exchange(pending_, nullptr));
    kept_ = std::exchange(pending_, nullptr);
    around_.model.touched(id_);
    kept_->open(std::make_unique<SimCarrier>(*this));
}

bool Connection::letGo() noexcept {
    stream_.reset();
    if (handle_.id() == 0) return true;
    const std::weak_ptr<messaging::SessionCore> known = core().weak_from_this();
    handle_ = Session{};
    return known.expired();
}

// ------------------------------------------------------------------------------------------------ out

SendStatus Connection::take(Bytes payload) noexcept {
    loop_.mustBeHere();
    if (isDeaf()) return SendStatus::Closed;
    const Model::Call call = callIn(payload);
    if (call == 0)
        around_.model.fail(Rule::Torn,
                           "a message of " + std::to_string(payload.size()) + " bytes is not what was sent");
    if (around_.planted == Planted::SwallowsBehindPing && stalled_ && std::exchange(pinged_, false))
        return SendStatus::Queued;
    const SendStatus status = admit(payload.size());
    if (status != SendStatus::Queued) ++around_.fullQueues;
    around_.trace.add("gets session %llu: call %llu, %llu", id_, call, static_cast<std::uint64_t>(status));
    look();
    around_.model.entered(id_, call, status);
    return status;
}

/// As a socket's queue does, byte for byte.
SendStatus Connection::admit(std::size_t bytes) noexcept {
    const MessageSize size = framed(bytes);
    const auto dropOldest = [this] {
        if (queue_.empty()) return false;
        queuedBytes_ -= queue_.front();
        queue_.pop_front();
        dropOne();
        return true;
    };
    const SendStatus status = QueuePolicy{limits().sendQueue}.admit(
        size, [this] { return queuedBytes_; }, dropOldest);
    if (status == SendStatus::Dropped) dropOne();
    if (status != SendStatus::Queued) return status;
    queue_.push_back(static_cast<std::uint32_t>(size.onWire));
    queuedBytes_ += size.onWire;
    return status;
}

void Connection::dropOne() noexcept { core().noteDropped(++dropped_); }

SendStatus Connection::answerPing() noexcept {
    loop_.mustBeHere();
    if (ended_ || vanished_) return SendStatus::Closed;
    pinged_ = true;
    if (!stalled_) put({.what = Arrival::What::Pong});
    return SendStatus::Queued;
}

void Connection::close(CloseCode code, std::string_view text, bool atOnce) noexcept {
    loop_.mustBeHere();
    if (ended_) return;
    around_.trace.add("goodbye session %llu: code %llu, at once %llu", id_, static_cast<std::uint64_t>(code),
                      atOnce ? 1 : 0);
    if (!vanished_) {
        look();
        around_.model.goodbye(id_, code, text, atOnce, droppedBefore());
    }
    if (atOnce) {
        queue_.clear();
        queuedBytes_ = 0;
    }
    goodbyeSaid_ = true;
    resumeReading();  // or the peer's goodbye would never be seen
    loop_.cancel(giveUp_);
    const auto within = atOnce ? kOverflowTimeout : core().endpoint().server->closeTimeout;
    giveUp_ = loop_.after(within, [this] {
        giveUp_ = 0;
        endConnection();
    });
}

void Connection::flush() noexcept {
    if (stream_) return stream_->checkTimeouts();  // its channel writes at the turn's end
    if (stalled_ || ended_) return;
    queue_.clear();
    queuedBytes_ = 0;
    if (!goodbyeSaid_ || vanished_ || std::exchange(goodbyeRead_, true)) return;
    if (!mute_) put({.what = Arrival::What::Goodbye});
}

void Connection::read(std::size_t messages) noexcept {
    if (stream_) return stream_->read(messages);
    for (; messages != 0 && !queue_.empty(); --messages) {
        queuedBytes_ -= queue_.front();
        queue_.pop_front();
    }
}

void Connection::endConnection() noexcept {
    if (std::exchange(ended_, true)) return;
    around_.trace.add("disconnected session %llu", id_);
    loop_.cancel(std::exchange(giveUp_, 0));
    underWay_.clear();
    around_.model.excuse(id_);
    // In a task of its own: the caller may be inside the carrier.
    loop_.post([session = std::move(kept_)] { session->carrierEnded(); });
}

void Connection::cut() noexcept {
    if (stream_) return stream_->cut();
    if (ended_ || !kept_) return;
    look();
    around_.model.leaves(id_, endingFor(CloseCause::ConnectionLost));
    core().lost("the server has stopped");
    endConnection();
}

// ------------------------------------------------------------------------------------------------ the peer, and in

void Connection::put(Arrival arrival) {
    if (ended_ || vanished_) return;
    arrival.due = around_.machine.now + delay_;
    if (!underWay_.empty()) arrival.due = std::max(arrival.due, underWay_.back().due);
    underWay_.push_back(arrival);
}

void Connection::say(std::uint32_t step, std::size_t bytes, MessageKind kind) {
    if (stream_) return stream_->say(step, bytes, kind);
    put({.what = Arrival::What::Message,
         .kind = kind,
         .step = step,
         .number = ++said_,
         .bytes = static_cast<std::uint32_t>(bytes)});
}

void Connection::sayGoodbye(CloseCode code) {
    if (stream_) return stream_->sayGoodbye(code);
    put({.what = Arrival::What::Goodbye, .code = code});
}
void Connection::breakRule(CloseCause rule) {
    if (stream_) return stream_->breakRule(rule);
    put({.what = Arrival::What::Break, .cause = rule});
}
void Connection::sayInTooManyFrames() {
    if (stream_) return stream_->sayInTooManyFrames();
    breakRule(CloseCause::TooBig);
}
void Connection::loseConnection() {
    if (stream_) return stream_->loseConnection();
    put({.what = Arrival::What::Lost});
}
void Connection::stall() noexcept { stream_ ? stream_->stall() : void(stalled_ = true); }
void Connection::flow() noexcept { stream_ ? stream_->flow() : void(stalled_ = false); }
void Connection::delay(std::chrono::milliseconds time) noexcept {
    stream_ ? stream_->delay(time) : void(delay_ = time);
}
void Connection::mute() noexcept { stream_ ? stream_->mute() : void(mute_ = true); }
void Connection::hang() noexcept {
    if (stream_) stream_->hang();
}

void Connection::vanish() {
    if (stream_) return stream_->vanish();
    if (ended_ || !kept_) return;
    vanished_ = true;
    underWay_.clear();
    around_.model.mayBeLost(id_);
    around_.model.excuse(id_);
}

void Connection::calm() noexcept {
    if (stream_) return stream_->calm();
    stalled_ = false;
    delay_ = {};
    for (Arrival& arrival : underWay_) arrival.due = around_.machine.now;
}

bool Connection::hasWork() const noexcept {
    if (stream_) return stream_->hasWork();
    if (ended_ || !kept_) return false;
    const bool arrives = !paused_ && !underWay_.empty() && underWay_.front().due <= around_.machine.now;
    return arrives || (!stalled_ && (!queue_.empty() || (goodbyeSaid_ && !goodbyeRead_ && !vanished_)));
}

void Connection::pauseReading() noexcept {
    loop_.mustBeHere();
    paused_ = !goodbyeSaid_;
    if (paused_) around_.model.readsNot(id_);
}

void Connection::resumeReading() noexcept {
    loop_.mustBeHere();
    if (!std::exchange(paused_, false) || ended_) return;
    around_.model.readsAgain(id_);
    loop_.post([this] { arrive(); });
}

void Connection::arrive() {
    if (stream_) return stream_->arrive();
    for (int i = 0; i < kMostPerTurn && !paused_ && !underWay_.empty() && underWay_.front().due <= loop_.now(); ++i) {
        const Arrival arrival = underWay_.front();
        underWay_.pop_front();
        receive(arrival);
    }
}

void Connection::receive(const Arrival& arrival) {
    Model& model = around_.model;
    look();
    model.touched(id_);
    if (arrival.what == Arrival::What::Message || arrival.what == Arrival::What::Pong) core().touch();
    switch (arrival.what) {
        case Arrival::What::Message:
            return receiveMessage(arrival);
        case Arrival::What::Pong:
            return core().receivePong({});
        case Arrival::What::Goodbye:
            model.leaves(id_, {CloseCause::Peer, arrival.code, arrival.code, {}});
            endInTurn()->peerClosed(arrival.code, {});
            break;
        case Arrival::What::Break:
            if (arrival.cause == CloseCause::TooBig && isOpen()) model.breaksSize(id_);
            model.leaves(id_, endingFor(arrival.cause, "a rule"));
            endInTurn()->peerFailed(arrival.cause, "a rule");
            break;
        case Arrival::What::Lost:
            model.leaves(id_, endingFor(CloseCause::ConnectionLost));
            endInTurn()->lost("the network");
            break;
    }
}

/// The peer has ended it: what was said to it by now comes before.
std::shared_ptr<messaging::SessionCore> Connection::endInTurn() {
    auto keep = kept_;
    keep->inTurn([this] {
        if (ended_) return;
        if (!vanished_) around_.model.endedByPeer(id_, droppedBefore());
        endConnection();
    });
    return keep;
}

void Connection::receiveMessage(const Arrival& arrival) {
    const std::string said = saidBy(arrival.number, arrival.step, arrival.bytes);
    if (isOpen()) around_.model.arrived(id_, arrival.number, said.size());
    const auto keep = kept_;
    keep->receive(handle_, arrival.kind, asBytes(said), 0);
}

}  // namespace patchbay::simulation
