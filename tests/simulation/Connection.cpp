#include "Connection.hpp"

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

/// Seven bits a byte, so that it is text.   Requires: the call is below 2^28.
std::array<std::byte, 4> textOf(Model::Call call) noexcept {
    std::array<std::byte, 4> text;
    for (std::byte& byte : text) {
        byte = static_cast<std::byte>(call & 0x7F);
        call >>= 7;
    }
    return text;
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
    constexpr std::size_t kHead = std::tuple_size_v<decltype(textOf(0))>;
    if (payload.size() < kHead) return 0;
    Model::Call call = 0;
    for (std::size_t i = kHead; i-- > 0;) call = call << 7 | static_cast<Model::Call>(payload[i]);
    const std::byte fill = fillOf(call);
    return std::ranges::all_of(payload.subspan(kHead), [fill](std::byte byte) { return byte == fill; }) ? call : 0;
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

void Connection::begin(const std::shared_ptr<messaging::SessionCore>& session) {
    handle_ = Session{session};
    pending_ = session;
}

void Connection::open() {
    kept_ = std::exchange(pending_, nullptr);
    around_.model.touched(id_);
    kept_->open(std::make_unique<SimCarrier>(*this));
}

bool Connection::letGo() noexcept {
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
        around_.model.fail(Rule::Torn, "a message of " + std::to_string(payload.size()) + " bytes is not what was sent");
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
    const SendStatus status = QueuePolicy{core().sendQueue()}.admit(
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
    if (stalled_ || ended_) return;
    queue_.clear();
    queuedBytes_ = 0;
    if (!goodbyeSaid_ || vanished_ || std::exchange(goodbyeRead_, true)) return;
    if (!mute_) put({.what = Arrival::What::Goodbye});
}

void Connection::read(std::size_t messages) noexcept {
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
    put({.what = Arrival::What::Message,
         .kind = kind,
         .step = step,
         .number = ++said_,
         .bytes = static_cast<std::uint32_t>(bytes)});
}

void Connection::sayGoodbye(CloseCode code) { put({.what = Arrival::What::Goodbye, .code = code}); }
void Connection::breakRule(CloseCause rule) { put({.what = Arrival::What::Break, .cause = rule}); }
void Connection::loseConnection() { put({.what = Arrival::What::Lost}); }

void Connection::vanish() {
    if (ended_ || !kept_) return;
    vanished_ = true;
    underWay_.clear();
    around_.model.mayBeLost(id_);
    around_.model.excuse(id_);
}

void Connection::calm() noexcept {
    stalled_ = false;
    delay_ = {};
    for (Arrival& arrival : underWay_) arrival.due = around_.machine.now;
}

bool Connection::hasWork() const noexcept {
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
        case Arrival::What::Message: return receiveMessage(arrival);
        case Arrival::What::Pong: return core().receivePong({});
        case Arrival::What::Goodbye:
            model.leaves(id_, {CloseCause::Peer, arrival.code, arrival.code, {}});
            core().peerClosed(arrival.code, {});
            break;
        case Arrival::What::Break:
            if (arrival.cause == CloseCause::TooBig && isOpen()) model.breaksSize(id_);
            model.leaves(id_, endingFor(arrival.cause, "a rule"));
            core().peerFailed(arrival.cause, "a rule");
            break;
        case Arrival::What::Lost:
            model.leaves(id_, endingFor(CloseCause::ConnectionLost));
            core().lost("the network");
            break;
    }
    endConnection();
}

void Connection::receiveMessage(const Arrival& arrival) {
    std::array<std::byte, kLargestMessage> buffer;
    const std::array<std::uint32_t, 2> head{arrival.number, arrival.step};
    const std::size_t bytes = std::clamp<std::size_t>(arrival.bytes, sizeof head, buffer.size());
    std::memcpy(buffer.data(), head.data(), sizeof head);
    std::memset(buffer.data() + sizeof head, '.', bytes - sizeof head);
    if (isOpen()) around_.model.arrived(id_, arrival.number, bytes);
    const auto keep = kept_;
    keep->receive(handle_, arrival.kind, {buffer.data(), bytes}, 0);
}

}  // namespace patchbay::simulation
