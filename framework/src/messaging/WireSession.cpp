#include "messaging/WireSession.hpp"

#include "base/Guarded.hpp"
#include "base/MemoryBudget.hpp"
#include "messaging/History.hpp"
#include "messaging/RequestEvent.hpp"
#include "messaging/SessionCore.hpp"
#include "wire/Writing.hpp"

#include <patchbay/json.hpp>

#include <algorithm>
#include <new>
#include <utility>

namespace patchbay::messaging {
namespace {

constexpr std::chrono::seconds kPing{25}, kPongWithin{10}, kWelcomeWithin{10};
constexpr std::size_t kMostRefreshes = 16;

/// This thread's reader, for as long as this lives; a message that is received within another has one of its own.
class LentReader {
public:
    LentReader() : reader_{idle() ? std::move(idle()) : std::make_unique<wire::Reader>()} {}
    LentReader(const LentReader&) = delete;
    ~LentReader() { idle() = std::move(reader_); }
    wire::Reader& operator*() const noexcept { return *reader_; }

private:
    static std::unique_ptr<wire::Reader>& idle() noexcept {
        static thread_local std::unique_ptr<wire::Reader> reader;
        return reader;
    }
    std::unique_ptr<wire::Reader> reader_;
};

std::size_t textBytes(const std::optional<wire::Position>& since) noexcept { return since ? since->epoch.capacity() : 0; }
std::size_t textBytes(const wire::Join& join) noexcept { return join.topic.capacity() + textBytes(join.since); }
std::size_t textBytes(const wire::Leave& leave) noexcept { return leave.topic.capacity(); }
std::size_t textBytes(const wire::History& history) noexcept { return history.topic.capacity(); }
std::size_t textBytes(const wire::Auth& auth) noexcept { return auth.token.capacity(); }

/// Something that is no request, in its turn.
template <class Object, class Do>
class InItsTurn final : public Event {
public:
    InItsTurn(Object object, Do act) : object_{std::move(object)}, act_{std::move(act)} {}
    bool begin(SessionCore& session) noexcept override {
        if (session.isOpen()) act_(object_);
        return false;
    }
    endpoint::Outcome run(SessionCore&, const Session&, endpoint::Run&) noexcept override { return endpoint::Outcome::Fine; }
    std::size_t bytes() const noexcept override { return sizeof *this + textBytes(object_); }

private:
    const Object object_;
    const Do act_;
};

}  // namespace

WireSession::~WireSession() {
    if (carrier_) carrier_->letGo();
}

std::unique_ptr<Carrier> WireSession::wrap(std::unique_ptr<Carrier> carrier) {
    auto wrapped = std::make_unique<WireCarrier>(*this, std::move(carrier));
    carrier_ = wrapped.get();
    return wrapped;
}

void WireSession::await() {
    session_.strand().hold();
    const auto within = session_.endpoint().config.limits.handshakeTimeout;
    if (within.count() <= 0) return;
    timer_ = session_.loop().after(onClock(within), [weak = session_.weak_from_this()] {
        if (const auto self = weak.lock()) self->close(CloseCause::Application, CloseCode::TryAgainLater, "no hello");
    });
}

/// From its hello to welcome its client waits as long, and comes back.
void WireSession::awaitWelcome() {
    session_.loop().cancel(std::exchange(timer_, 0));
    timer_ = session_.loop().after(kWelcomeWithin, [weak = session_.weak_from_this()] {
        if (const auto self = weak.lock()) self->close(CloseCause::Application, CloseCode::TryAgainLater, "no welcome in time");
    });
}

void WireSession::end() noexcept {
    session_.loop().cancel(std::exchange(timer_, 0));
    session_.loop().cancel(std::exchange(atTimer_, 0));
    client_.reset();
}

// ------------------------------------------------------------------------------------------------ what it says

void WireSession::sent(SendStatus status) noexcept {
    lastSent_ = session_.loop().now();
    if (status == SendStatus::Dropped) lostSome();
}

void WireSession::say(std::string_view message) noexcept {
    if (!carrier_ || !session_.isOpen()) return;
    SendStatus status = SendStatus::Full;
    try {
        status = carrier_->say(wire::kindOf(message), asBytes(message));
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): as where there is no room
    }
    if (status == SendStatus::Dropped) return session_.close(CloseCause::QueueFull, std::nullopt, {});
    session_.settled(status);
}

void WireSession::refuse(std::uint64_t id, const wire::Error& why) noexcept {
    if (id == 0) return;
    detail::EncodingBuffer buffer;
    wire::writeError(buffer.text(), id, why);
    say(buffer.text());
}

void WireSession::breach(std::string_view rule) noexcept { session_.close(CloseCause::Protocol, std::nullopt, rule); }

// ------------------------------------------------------------------------------------------------ what it is told

void WireSession::receive(MessageKind kind, Bytes message) noexcept {
    asked_.reset();  // whatever comes is a sign of life
    const auto thrown = thrownBy([&] {
        const LentReader reader;
        (*reader).begin(kind, message);
        for (bool first = true; session_.isOpen(); first = false) {
            auto object = (*reader).next();
            if (!object) break;
            if (!first) session_.payForAnother();
            take(std::move(*object));
        }
        if (!(*reader).fault().empty()) session_.close(CloseCause::InvalidText, std::nullopt, (*reader).fault());
    });
    if (thrown) session_.close(CloseCause::OutOfMemory, std::nullopt, {});
}

void WireSession::take(wire::ClientObject object) {
    struct Taking {
        WireSession& self;
        void operator()(const wire::Ping&) const {
            if (self.stage_ != Stage::Greeted) return;
            if (self.pings_ == 0) return self.say("{}");
            --self.pings_;
        }
        void operator()(wire::Hello& hello) const { self.begin(std::move(hello)); }
        void operator()(wire::Join& join) const {
            self.inOrder(std::move(join), [&wire = self](const wire::Join& it) { wire.join(it); });
        }
        void operator()(wire::Leave& leave) const {
            self.inOrder(std::move(leave), [&wire = self](const wire::Leave& it) { wire.leave(it); });
        }
        void operator()(wire::History& history) const {
            self.inOrder(std::move(history), [&wire = self](const wire::History& it) { wire.history(it); });
        }
        void operator()(wire::Auth& auth) const {
            self.inOrder(std::move(auth), [&wire = self](const wire::Auth& it) { wire.refresh(it); });
        }
        void operator()(const wire::Request& request) const { self.request(request); }
        void operator()(const wire::Unknown& unknown) const { self.refuse(unknown.id, {"unsupported"}); }
        void operator()(const wire::Malformed& malformed) const {
            if (malformed.isHello) return self.breach("a hello that is none");
            self.refuse(malformed.id, {"malformed", malformed.why});
        }
    };
    const bool isEarly = stage_ != Stage::Greeted && !std::holds_alternative<wire::Ping>(object) && !std::holds_alternative<wire::Hello>(object) &&
                         !(std::holds_alternative<wire::Malformed>(object) && std::get<wire::Malformed>(object).isHello);
    if (isEarly) return breach(stage_ == Stage::AwaitsHello ? "the first object is a hello" : "nothing comes before welcome");
    std::visit(Taking{*this}, object);
}

template <class Object, class Do>
void WireSession::inOrder(Object object, Do act) {
    session_.strand().putMessage(std::make_unique<InItsTurn<Object, Do>>(std::move(object), std::move(act)));
}

/// Who waits for a request's outcome is another connection, then: on one it is asked for once.
void WireSession::request(const wire::Request& request) {
    if (request.id != 0 && request.id <= lastRequest_) return refuse(request.id, {"malformed", "the ids of a connection's requests go up"});
    lastRequest_ = std::max(lastRequest_, request.id);
    session_.strand().putMessage(std::make_unique<RequestEvent>(request.id, request.kind, request.data));
}

// ------------------------------------------------------------------------------------------------ hello and welcome

void WireSession::begin(wire::Hello hello) {
    if (stage_ != Stage::AwaitsHello) return breach("a second hello");
    stage_ = Stage::AwaitsName;
    awaitWelcome();
    secret_ = std::move(hello.client);
    next_ = hello.next;
    {
        const std::lock_guard guard{lock_};
        since_ = std::move(hello.since);
    }
    if (hello.token) showToken(*hello.token);
    goOn();
}

/// As a message of a plain client that says who it is. False where nobody has taken it.
bool WireSession::showToken(const std::string& token) {
    std::string message{"{\"auth\":"};
    json::write(message, token);
    message += '}';
    InterceptedMessage intercepted{MessageKind::Text, asBytes(message)};
    bool isTaken = false;
    guarded(session_.endpoint().config.path, "a message interceptor", [&] { isTaken = !session_.intercept(intercepted); });
    return isTaken;
}

void WireSession::goOn() noexcept {
    if (stage_ != Stage::AwaitsName || !session_.isOpen() || session_.isStranger() || !session_.isReceiving()) return;
    stage_ = Stage::AwaitsAnswers;
    const auto thrown = thrownBy([&] {
        ServerState& server = *session_.endpoint().server;
        client_ = server.once->client({Credentials::of(session_)->name, secret_});
        client_->open(server.history->store(), next_, [self = session_.shared_from_this()](bool known) {
            const auto greet = [self, known] {
                if (WireSession* const wire = self->wire()) wire->greet(known);
            };
            self->loop().post(greet);  // never within the telling of a store, which the open handler may ask for something
        });
    });
    if (thrown) session_.close(CloseCause::OutOfMemory, std::nullopt, {});
}

void WireSession::greet(bool known) noexcept {
    if (!session_.isOpen() || stage_ != Stage::AwaitsAnswers) return;
    if (!known) return session_.close(CloseCause::Application, CloseCode::TryAgainLater, "the store cannot be read");
    stage_ = Stage::Greeted;
    const Limits& limits = session_.endpoint().config.limits;
    const auto idle = session_.idleTimeout();
    ping_ = idle.count() <= 0 ? kPing : std::clamp(std::chrono::duration_cast<std::chrono::seconds>(idle / 2), std::chrono::seconds{1}, kPing);
    you_ = wire::publicName(secret_);
    const auto principal = Credentials::of(session_);
    detail::EncodingBuffer buffer;
    wire::writeWelcome(buffer.text(), {.session = session_.id(),
                                       .you = you_,
                                       .user = principal->name,
                                       .subprotocol = session_.origin().subprotocol(),
                                       .ping = static_cast<std::uint64_t>(ping_.count()),
                                       .expires = expires(),
                                       .message = session_.endpoint().maxMessageSize(),
                                       .topics = limits.maxTopics != 0 ? limits.maxTopics : wire::kMostNumber,
                                       .ids = kMostAnswers});
    say(buffer.text());
    watch();
    session_.begin();
}

std::optional<std::uint64_t> WireSession::expires() const {
    const auto principal = Credentials::of(session_);
    if (!principal->expires) return std::nullopt;
    const auto left = std::chrono::duration_cast<std::chrono::seconds>(*principal->expires - session_.loop().timeOfDay());
    return static_cast<std::uint64_t>(std::max<std::int64_t>(left.count(), 0));
}

// ------------------------------------------------------------------------------------------------ credentials

void WireSession::refresh(const wire::Auth& auth) noexcept {
    // What its requests have come to is nobody's, and another user's is to be asked for by a hello.
    if (Credentials::of(session_)->name.empty()) return refuse(auth.id, {"forbidden"});
    if (refreshing_.size() >= kMostRefreshes) return refuse(auth.id, {"busy", {}, true});
    if (auth.id != 0) refreshing_.push_back(auth.id);  // before: it may be believed at once
    bool isTaken = false;
    const auto thrown = thrownBy([&] { isTaken = showToken(auth.token); });
    if (isTaken && !thrown) return;
    std::erase(refreshing_, auth.id);
    refuse(auth.id, {"unsupported"});
}

void WireSession::principalChanged() noexcept {
    if (stage_ != Stage::Greeted) return goOn();
    for (const std::uint64_t id : std::exchange(refreshing_, {})) {
        detail::EncodingBuffer buffer;
        wire::writeExpires(buffer.text(), id, expires());
        say(buffer.text());
    }
}

// ------------------------------------------------------------------------------------------------ outcomes

/// The session's connection may be another's by then that waits for the same: none is told twice.
Once::Client::Told WireSession::teller(std::uint64_t id, MessageKind kind, Bytes data) {
    struct Waiting {
        explicit Waiting(Bytes data) : text{asText(data)} { held.set(data.size()); }
        const std::string text;
        HeldBytes<Held::Messages> held;
    };
    requireMemoryHere(data.size());
    return [known = session_.weak_from_this(), id, kind, waiting = std::make_shared<Waiting>(data)](const std::string* outcome) {
        const auto self = known.lock();
        if (!self) return;
        self->inTurn([self, id, kind, waiting, what = outcome ? *outcome : std::string{}] {
            if (!what.empty()) return self->wire()->say(what);
            if (self->isOpen()) self->strand().putMessage(std::make_unique<RequestEvent>(id, kind, asBytes(waiting->text)));
        });
    };
}

void WireSession::fetch(std::uint64_t id) noexcept {
    if (thrownBy([&] { fetching_.push_back(id); })) return session_.close(CloseCause::OutOfMemory, std::nullopt, {});
    if (!fetches_) fetchThose();
}

/// One read at a time, for all that wait for one. What comes meanwhile waits for the next: it may have been recorded behind this.
void WireSession::fetchThose() noexcept {
    fetches_ = true;
    const auto thrown = thrownBy([&] {
        auto tell = [known = session_.weak_from_this(), ids = std::exchange(fetching_, {})](patchbay::Outcome<Answers> answers) {
            const auto self = known.lock();
            if (!self) return;
            std::vector<std::string> outcomes;
            try {
                const Answers all = answers.take();
                for (const std::uint64_t id : ids) {
                    const auto record = std::ranges::find(all.records, id, &Answers::Record::id);
                    outcomes.push_back(record != all.records.end() ? record->outcome : std::string{});
                    if (record == all.records.end()) wire::writeError(outcomes.back(), id, {"forgotten"});
                }
            } catch (const StoreError&) {
                outcomes.clear();
            }
            self->loop().post([self, outcomes = std::move(outcomes)] { self->wire()->fetched(outcomes); });
        };
        session_.endpoint().server->history->store()->answers(client_->key(), std::move(tell));
    });
    if (thrown) session_.close(CloseCause::OutOfMemory, std::nullopt, {});
}

/// `outcomes`: none where the store could not be read. What was done is not to be called busy, for then it is done again under a new id.
void WireSession::fetched(const std::vector<std::string>& outcomes) noexcept {
    fetches_ = false;
    if (!session_.isOpen()) return;
    if (outcomes.empty()) return session_.close(CloseCause::Application, CloseCode::TryAgainLater, "the store cannot be read");
    for (const std::string& each : outcomes) say(each);
    if (!fetching_.empty()) fetchThose();
}

// ------------------------------------------------------------------------------------------------ silence

void WireSession::watch() {
    session_.loop().cancel(std::exchange(timer_, 0));
    if (!session_.isOpen()) return;
    const auto now = session_.loop().now();
    const auto due = asked_ ? *asked_ + kPongWithin : std::min(lastSent_, session_.timers().lastReceived(session_.loop())) + ping_;
    timer_ = session_.loop().after(std::max(due - now, Clock::duration::zero()), [weak = session_.weak_from_this()] {
        const auto self = weak.lock();
        if (self && self->wire()) self->wire()->look();
    });
}

void WireSession::look() noexcept {
    timer_ = 0;
    if (!session_.isOpen()) return;
    const auto now = session_.loop().now(), heard = session_.timers().lastReceived(session_.loop());
    if (asked_ && heard > *asked_) asked_.reset();
    if (asked_ && now - *asked_ >= kPongWithin) return session_.close(CloseCause::Idle, std::nullopt, {});
    if (!asked_ && now - std::min(lastSent_, heard) >= ping_) {
        say("{}");
        ++pings_;
        asked_ = now;
    }
    watch();
}

}  // namespace patchbay::messaging
