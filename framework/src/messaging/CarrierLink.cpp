#include "messaging/CarrierLink.hpp"

#include "base/Guarded.hpp"
#include "base/MemoryBudget.hpp"
#include "base/QueuePolicy.hpp"
#include "base/Utf8.hpp"
#include "messaging/CloseTable.hpp"
#include "messaging/UnfinishedMessage.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace patchbay::messaging {
namespace {

constexpr std::chrono::milliseconds kOverflowTimeout{1000};
constexpr std::size_t kMostReason = 123;  // RFC 6455 §5.5: as much as a close handler is given by any peer
constexpr std::string_view kTooBig = "message over the limit", kNoText = "text that is not UTF-8",
                           kShort = "the server is short of memory";

/// Nothing of what is no text.
std::string reasonOf(std::string_view text) {
    return std::string{isUtf8(asBytes(text)) ? cutAtCharacter(text, kMostReason) : ""};
}

}  // namespace

/// The session's own: every call goes to the link.
class CarrierLink::Half final : public Carrier {
public:
    explicit Half(std::shared_ptr<CarrierLink> link) noexcept : link_{std::move(link)} {}

    SendStatus send(MessageKind kind, Bytes payload) noexcept override { return link_->send(kind, payload); }
    bool sendsParts() const noexcept override { return true; }  // the link collects where the carrier does not
    SendStatus sendPart(MessageKind kind, Bytes piece, PieceOf of, SendCompletion& completion) noexcept override {
        return link_->sendPart(kind, piece, of, completion);
    }
    SendStatus deliver(const Delivery& delivery) noexcept override { return link_->deliver(delivery); }
    std::size_t queuedBytes() const noexcept override { return 0; }  // the link asks the carrier
    SendStatus ping(Bytes payload) noexcept override { return link_->ping(payload); }
    void pauseReading() noexcept override { link_->pauseReading(); }
    void resumeReading() noexcept override { link_->resumeReading(); }
    void close(CloseCode code, std::string_view text) noexcept override { link_->close(code, text); }
    void closeNow(CloseCode code, std::string_view text) noexcept override { link_->closeNow(code, text); }

private:
    const std::shared_ptr<CarrierLink> link_;
};

class CarrierLink::Opening final : public LoopEntry {
public:
    explicit Opening(std::shared_ptr<CarrierLink> link) noexcept : link_{std::move(link)} {}
    ~Opening() override {
        if (link_) link_->neverBegins();
    }
    void run() noexcept override { std::exchange(link_, nullptr)->begin(); }

private:
    std::shared_ptr<CarrierLink> link_;
};

/// A message, or some of one, with kSlackBytes behind it, in one block.
class CarrierLink::Piece final : public LoopEntry {
public:
    static std::unique_ptr<Piece> make(std::shared_ptr<CarrierLink> link, Brings what, MessageKind kind,
                                       Bytes payload) {
        return std::unique_ptr<Piece>{new (payload.size() + kSlackBytes) Piece{std::move(link), what, kind, payload}};
    }
    ~Piece() override { link_->loop().queue().release(bytesOf(size_)); }
    void run() noexcept override { link_->take(what_, kind_, {reinterpret_cast<const std::byte*>(this + 1), size_}); }
    /// What it needs.   Units: bytes.
    static std::size_t bytesOf(std::size_t payload) noexcept { return sizeof(Piece) + payload + kSlackBytes; }

    void* operator new(std::size_t size, std::size_t more) { return ::operator new(size + more); }
    // NOLINTNEXTLINE(misc-new-delete-overloads): there is no other way to make one
    void operator delete(void* memory) { ::operator delete(memory); }
    void operator delete(void* memory, std::size_t) { ::operator delete(memory); }

private:
    Piece(std::shared_ptr<CarrierLink> link, Brings what, MessageKind kind, Bytes payload) noexcept
        : link_{std::move(link)}, size_{payload.size()}, what_{what}, kind_{kind} {
        auto* const place = reinterpret_cast<std::byte*>(this + 1);
        if (size_ != 0) std::memcpy(place, payload.data(), size_);
        std::memset(place + size_, 0, kSlackBytes);
        link_->loop().queue().charge(bytesOf(size_));
    }

    const std::shared_ptr<CarrierLink> link_;
    const std::size_t size_;
    const Brings what_;
    const MessageKind kind_;
};

/// A message that is sent in parts: what waits for its end, and its parts where the carrier takes no such.
struct CarrierLink::Unfinished {
    explicit Unfinished(SessionCore& session) : message{session} {}
    /// False where there is no memory for it.
    bool collect(Bytes piece) {
        try {
            requireMemoryHere(piece.size());
            collected.append(asText(piece));
        } catch (const std::bad_alloc&) {
            return false;
        }
        held.set(collected.capacity());
        return true;
    }
    UnfinishedMessage message;
    std::string collected;
    HeldBytes<Held::Queues> held;  // of that
};

CarrierLink::~CarrierLink() = default;

CarrierLink::CarrierLink(std::shared_ptr<SessionCore> session, std::unique_ptr<Carrier> carrier, detail::ImagePin pin)
    : handle_{std::move(session)}, pin_{std::move(pin)}, carrier_{std::move(carrier)}, queued_{loop().memory().budget()} {}

std::shared_ptr<CarrierLink> CarrierLink::open(std::shared_ptr<SessionCore> session, std::unique_ptr<Carrier> carrier,
                                               detail::ImagePin pin) {
    auto link = std::make_shared<CarrierLink>(std::move(session), std::move(carrier), std::move(pin));
    link->loop().queue().put(std::make_unique<Opening>(link));
    return link;
}

void CarrierLink::begin() {
    core().endpoint().server->links[core().loopIndex()].push_back(*this);
    core().open(std::make_unique<Half>(shared_from_this()));
    begun_.store(true);
    if (core().endpoint().server->cutting.load()) cut();
}

/// Its loop has ended: nobody asks for this session any more.
void CarrierLink::neverBegins() noexcept {
    ended_.store(true);
    core().endpoint().remove(core());
    carrier_.reset();
    pin_ = {};
}

// ------------------------------------------------------------------------------------------------ in, from any thread

Arrival CarrierLink::message(MessageKind kind, Bytes payload) {
    if (!isOpen()) return Arrival::Ended;
    if (paused_.load()) return Arrival::Paused;
    if (payload.size() > core().endpoint().maxMessageSize()) return refuse(CloseCause::TooBig, kTooBig);
    if (kind == MessageKind::Text && !isUtf8(payload)) return refuse(CloseCause::InvalidText, kNoText);
    return put(Brings::Message, kind, payload);
}

Arrival CarrierLink::part(MessageKind kind, Bytes piece, PieceOf of) {
    if (!isOpen()) return Arrival::Ended;
    if (paused_.load()) return Arrival::Paused;
    if (piece.size() > core().endpoint().maxMessageSize()) return refuse(CloseCause::TooBig, kTooBig);
    return put(of == PieceOf::Last ? Brings::LastPart : Brings::Part, kind, piece);
}

Arrival CarrierLink::put(Brings what, MessageKind kind, Bytes payload) {
    LoopQueue& queue = loop().queue();
    if (!queue.hasRoom(Piece::bytesOf(payload.size()))) return Arrival::Full;
    std::unique_ptr<LoopEntry> entry = Piece::make(shared_from_this(), what, kind, payload);
    if (!queue.hasRoom(0)) return Arrival::Full;  // others have taken it meanwhile
    return queue.put(entry) ? Arrival::Taken : Arrival::Ended;
}

Arrival CarrierLink::refuse(CloseCause cause, std::string_view rule) {
    post([cause, rule](CarrierLink& self) { self.fail(cause, rule); });
    return Arrival::Ended;
}

/// For what is small and never refused.
template <class Action>
void CarrierLink::post(Action action) {
    loop().post([self = shared_from_this(), action = std::move(action)] {
        if (!self->ended_.load()) action(*self);
    });
}

void CarrierLink::alive() {
    post([](CarrierLink& self) { self.core().touch(); });
}

void CarrierLink::pong(Bytes payload) {
    post([text = std::string{asText(payload)}](CarrierLink& self) {
        self.core().touch();
        self.core().receivePong(asBytes(text));
    });
}

void CarrierLink::closed(CloseCode code, std::string_view text) {
    post([code, reason = reasonOf(text)](CarrierLink& self) {
        self.core().touch();
        self.endInTurn();
        self.core().peerClosed(code, reason);
    });
}

void CarrierLink::lost(std::string_view why) {
    post([reason = reasonOf(why)](CarrierLink& self) {
        self.endInTurn();
        self.core().lost(reason);
    });
}

// ------------------------------------------------------------------------------------------------ in, on the loop

void CarrierLink::take(Brings what, MessageKind kind, Bytes payload) {
    if (ended_.load()) return;
    core().touch();
    if (what != Brings::Message) return collect(kind, payload, what == Brings::LastPart);
    core().receive(handle_, kind, payload, kSlackBytes);
}

void CarrierLink::collect(MessageKind kind, Bytes piece, bool isLast) {
    if (!core().isOpen()) return;
    if (!pieces_) pieces_ = std::make_unique<MessageBuffer>(core().endpoint().maxMessageSize());
    if (!pieces_->append(piece)) return fail(CloseCause::TooBig, kTooBig);
    if (!isLast) return;
    const auto whole = std::move(pieces_);
    if (kind == MessageKind::Text && !isUtf8(whole->bytes())) return fail(CloseCause::InvalidText, kNoText);
    core().receive(handle_, kind, whole->bytes(), kSlackBytes);
}

/// The peer broke `rule`. The goodbye is this link's to say: the session thinks that its carrier has.
void CarrierLink::fail(CloseCause cause, std::string_view rule) noexcept {
    if (!core().isOpen()) return;
    pieces_.reset();
    core().inTurn([self = shared_from_this(), code = closeRow(cause).onWire, text = std::string{rule}] {
        self->close(code, text);
    });
    core().peerFailed(cause, std::string{rule});
}

// ------------------------------------------------------------------------------------------------ out

/// Asks the carrier for something. What it throws ends its session, and it is asked for nothing more.
template <class Call>
SendStatus CarrierLink::ask(std::string_view what, Call call) noexcept {
    if (ended_.load()) return SendStatus::Closed;
    SendStatus status = SendStatus::Closed;
    if (const auto thrown = thrownBy([&] { status = call(*carrier_); })) {
        log::error(core().endpoint().config.path,
                   "a session is lost: its carrier's " + std::string{what} + " threw " + *thrown);
        core().lost("the carrier has failed");
        end();
        return SendStatus::Closed;
    }
    return status;
}

SendStatus CarrierLink::noted(SendStatus status) noexcept {
    if (status == SendStatus::Dropped) core().noteDropped(++dropped_);
    return status;
}

std::size_t CarrierLink::queuedHere() const noexcept {
    return unfinished_ ? unfinished_->collected.size() + unfinished_->message.heldBytes() : 0;
}

std::size_t CarrierLink::queuedBytes() {
    queued_.set(carrier_->queuedBytes());
    return queued_.bytes() + queuedHere();
}

/// Of those that the carrier has, and then of those that wait here.
bool CarrierLink::dropOldest() {
    if (!carrier_->dropOldest()) return unfinished_ && unfinished_->message.dropOldest();
    noted(SendStatus::Dropped);
    return true;
}

SendStatus CarrierLink::admit(std::size_t payload) {
    return QueuePolicy{core().sendQueue()}.admit(
        framed(payload), [&] { return queuedBytes(); }, [&] { return dropOldest(); });
}

/// A message that has begun is not dropped: whole ones are, where the policy has it so.
SendStatus CarrierLink::admitMore(std::size_t payload) {
    const SendStatus status = admit(payload);
    return status == SendStatus::Dropped ? SendStatus::Full : status;
}

SendStatus CarrierLink::sendOne(MessageKind kind, Bytes payload) {
    if (unfinished_) return unfinished_->message.hold(kind, payload, queuedBytes() - unfinished_->message.heldBytes());
    const SendStatus status = admit(payload.size());
    return noted(status == SendStatus::Queued ? carrier_->send(kind, payload) : status);
}

SendStatus CarrierLink::send(MessageKind kind, Bytes payload) noexcept {
    return ask("send()", [&](Carrier&) { return sendOne(kind, payload); });
}

SendStatus CarrierLink::sendPart(MessageKind kind, Bytes piece, PieceOf of, SendCompletion& completion) noexcept {
    return ask("sendPart()", [&](Carrier& carrier) { return sendPiece(carrier, kind, piece, of, completion); });
}

SendStatus CarrierLink::sendPiece(Carrier& carrier, MessageKind kind, Bytes piece, PieceOf of,
                                  SendCompletion& completion) {
    const bool isFirst = !unfinished_, isLast = of == PieceOf::Last;
    const SendStatus room = isFirst ? admit(piece.size()) : admitMore(piece.size());
    if (room != SendStatus::Queued) return isFirst ? noted(room) : room;
    if (isFirst && !isLast) unfinished_ = std::make_unique<Unfinished>(core());
    const SendStatus status = handOver(carrier, kind, piece, of, completion);
    if (isFirst && status != SendStatus::Queued) unfinished_.reset();
    if (!isFirst && isLast && status != SendStatus::Full) finishMessage();
    return noted(status);
}

SendStatus CarrierLink::handOver(Carrier& carrier, MessageKind kind, Bytes piece, PieceOf of,
                                 SendCompletion& completion) {
    if (carrier.sendsParts()) return carrier.sendPart(kind, piece, of, completion);
    if (!unfinished_) return sendAsWhole(carrier, kind, piece, completion);
    std::string& collected = unfinished_->collected;
    const std::size_t before = collected.size();
    if (!unfinished_->collect(piece)) return SendStatus::Full;
    if (of == PieceOf::MoreFollows) return SendStatus::Queued;
    const SendStatus status = sendAsWhole(carrier, kind, asBytes(collected), completion);
    if (status == SendStatus::Full) collected.resize(before);  // it comes again
    return status;
}

SendStatus CarrierLink::sendAsWhole(Carrier& carrier, MessageKind kind, Bytes payload, SendCompletion& completion) {
    const SendStatus status = carrier.send(kind, payload);
    if (status == SendStatus::Queued) completion.complete(SendResult::Sent);
    return status;
}

/// What waited had room when it came; a carrier with a bound of its own may see that otherwise.
void CarrierLink::finishMessage() {
    const auto finished = std::move(unfinished_);
    const SendStatus status =
        finished->message.release([this](MessageKind kind, Bytes payload) { return sendOne(kind, payload); });
    if (status == SendStatus::Full) core().close(CloseCause::QueueFull, std::nullopt, {});
}

/// Whether all of it is within the limit.
bool CarrierLink::fits(const Delivery& delivery) const {
    std::size_t bytes = carrier_->queuedBytes();
    for (std::size_t message = 0; message < delivery.count(); ++message)
        bytes += framed(delivery.payload(message).size()).onWire;
    return bytes <= core().sendQueue().bytes;
}

SendStatus CarrierLink::deliver(const Delivery& delivery) noexcept {
    return ask("deliver()", [&](Carrier& carrier) {
        if (unfinished_) return unfinished_->message.hold(delivery, queuedBytes() - unfinished_->message.heldBytes());
        if (fits(delivery)) return noted(carrier.deliver(delivery));
        SendStatus all = SendStatus::Queued;
        for (std::size_t message = 0; message < delivery.count(); ++message) {
            const SendStatus one = sendOne(delivery.kind(message), delivery.payload(message));
            if (one == SendStatus::Full || one == SendStatus::Closed) return one;
            if (one == SendStatus::Dropped) all = one;
        }
        return all;
    });
}

SendStatus CarrierLink::ping(Bytes payload) noexcept {
    return ask("ping()", [&](Carrier& carrier) { return carrier.ping(payload); });
}

void CarrierLink::pauseReading() noexcept {
    if (paused_.exchange(true)) return;
    ask("pauseReading()", [](Carrier& carrier) {
        carrier.pauseReading();
        return SendStatus::Queued;
    });
}

void CarrierLink::resumeReading() noexcept {
    if (!paused_.exchange(false)) return;
    ask("resumeReading()", [](Carrier& carrier) {
        carrier.resumeReading();
        return SendStatus::Queued;
    });
}

// ------------------------------------------------------------------------------------------------ the end

void CarrierLink::close(CloseCode code, std::string_view text) noexcept {
    unfinished_.reset();
    ask("close()", [&](Carrier& carrier) {
        carrier.close(code, text);
        return SendStatus::Queued;
    });
    resumeReading();
    giveUpAfter(core().endpoint().server->closeTimeout);
}

void CarrierLink::closeNow(CloseCode code, std::string_view text) noexcept {
    unfinished_.reset();
    ask("closeNow()", [&](Carrier& carrier) {
        carrier.closeNow(code, text);
        return SendStatus::Queued;
    });
    resumeReading();
    giveUpAfter(kOverflowTimeout);
}

void CarrierLink::giveUpAfter(std::chrono::milliseconds within) noexcept {
    if (ended_.load()) return;
    loop().cancel(giveUp_);
    giveUp_ = loop().after(onClock(within), [self = shared_from_this()] { self->end(); });
}

void CarrierLink::cut() noexcept {
    core().lost("the server has stopped");
    end();
}

void CarrierLink::cutAll(ServerState& server, std::size_t loopIndex) noexcept {
    auto& links = server.links[loopIndex];
    while (!links.empty()) static_cast<CarrierLink&>(links.front()).cut();
}

/// A carrier that cannot say what waits there holds what it has said last.
std::size_t CarrierLink::heldBytes() noexcept {
    if (ended_.load()) return 0;
    try {
        queued_.set(carrier_->queuedBytes());
    } catch (...) {  // NOLINT(bugprone-empty-catch): it is heard of when it is asked for something
    }
    return queued_.bytes() + queuedHere() + (pieces_ ? pieces_->capacity() : 0) + core().waitingBytes();
}

void CarrierLink::shed() noexcept {
    core().dropWaiting();
    pieces_.reset();
    if (!core().isOpen()) return end();
    core().peerFailed(CloseCause::OutOfMemory, std::string{kShort});
    closeNow(closeRow(CloseCause::OutOfMemory).onWire, kShort);
}

/// By an entry of its own: the caller may be inside the carrier.
void CarrierLink::end() noexcept {
    if (ended_.exchange(true)) return;
    unlink();
    loop().cancel(giveUp_);
    if (!loop().post([self = shared_from_this()] { self->letGo(); })) letGo();
}

void CarrierLink::endInTurn() {
    core().inTurn([self = shared_from_this()] { self->end(); });
}

void CarrierLink::letGo() noexcept {
    core().carrierEnded();
    pieces_.reset();
    unfinished_.reset();
    carrier_.reset();
    queued_.set(0);
    pin_ = {};
}

}  // namespace patchbay::messaging
