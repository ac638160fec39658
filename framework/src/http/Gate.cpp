// A connection's life, its time, and what comes: requests and their bodies.
#include "http/Gate.hpp"

#include "base/Guarded.hpp"
#include "base/MemoryReserve.hpp"
#include "http/Handlers.hpp"
#include "transport/SocketChannel.hpp"

#include <patchbay/detail/Labels.hpp>

#include <new>
#include <utility>

namespace patchbay::http {
namespace {

/// In which a connection that is to end makes no progress.
constexpr std::chrono::milliseconds kLastAnswerTimeout{5000};
/// What a newcomer has to ask, while the server stops, for its 503.
constexpr std::chrono::milliseconds kLastRequestTimeout{500};
/// What may wait behind a request before its answer makes progress: as much as one read brings.   Units: bytes.
constexpr std::size_t kMostBehind = 256 * 1024;

HttpResponse full() {
    return {503, {{"Retry-After", "1"}}, "the server has as many connections as it may have; try again later\n"};
}

std::string bodyProblem(std::size_t limit) {
    return "the body is too large (RFC 9110 §15.5.14); server.requestBody is " + std::to_string(limit) + " bytes";
}

HttpResponse noMemory() {
    return {503, {{"Retry-After", "1"}}, "the server has no memory for this request; try again later\n"};
}

HttpRequest requestOf(const RequestHead& head, const Client& client) {
    HttpRequest request;
    request.method = head.method;
    request.target = head.originTarget();
    request.headers.reserve(head.headers().size());
    for (const auto& [name, value] : head.headers()) {
        const bool host = protocol::equalsIgnoringCase(name, "Host");
        request.headers.emplace_back(name, host ? head.host : value);
    }
    request.remoteAddress = client.address;
    request.secure = client.secure;
    request.throughProxy = client.proxied;
    return request;
}

}  // namespace

// ------------------------------------------------------------------------------------------------ who answers

/// Has an asynchronous handler called, on the loop.
class Gate::AsyncJob final : public Hosted {
public:
    AsyncJob(Gate& gate, Match match) : Hosted{gate.secure_}, gate_{gate}, match_{std::move(match)} {}
    void handle() noexcept override { gate_.beginAsync(match_); }

private:
    Gate& gate_;
    Match match_;
};

/// Has a handler called on a worker.
class Gate::WorkerJob final : public Hosted {
public:
    WorkerJob(bool secure, Workers& workers, std::shared_ptr<const void> keep, const Route& route, std::shared_ptr<ExchangeCore> core,
              std::unique_ptr<BodyMemory> body)
        : Hosted{secure}, keep_{std::move(keep)}, workers_{workers}, route_{route}, core_{std::move(core)}, body_{std::move(body)} {}

    void handle() noexcept override {
        const auto core = std::move(core_);
        HttpRequest& request = core->request();
        const Workers::Turn turn{workers_, request.method, request.path()};
        const auto body = std::move(body_);
        const auto thrown = thrownBy([&] {
            if (body) request.body = body->take();
        });
        if (thrown) {
            body->clear();
            core->answer()->respond(noMemory());
            return;
        }
        callWhole(route_, core);
    }

private:
    const std::shared_ptr<const void> keep_;  // of the route
    Workers& workers_;
    const Route& route_;
    std::shared_ptr<ExchangeCore> core_;
    std::unique_ptr<BodyMemory> body_;
};

// ------------------------------------------------------------------------------------------------ a connection

const GateOptions& Gate::options() const noexcept { return state_->options; }

void Gate::open(std::shared_ptr<GateState> state, transport::EventLoop& loop, std::size_t loopIndex, Newcomer newcomer) {
    // No more is put there than is good: see GateAnswers.
    constexpr SendQueue kAnswers{1_GiB, WhenFull::Close};
    const bool secure = newcomer.socket.isSecure();
    const transport::Channel::Pointer channel = transport::SocketChannel::open(loop, std::move(newcomer.socket), kAnswers, std::move(newcomer.place));
    auto gate = std::make_shared<Gate>(std::move(state), channel, loopIndex, std::move(newcomer), secure);
    gate->self_ = gate;
    try {
        channel->start(*gate);
        if (!gate->isProxy_ && !(gate->watched_ = gate->state_->site.beginsSilence(gate->peer_))) return gate->cut();
        gate->surplus_ = gate->state_->isOverTheLimit();
        if (!gate->hasRoom()) evictElsewhere(gate->state_, Lacking::Place, loopIndex, loopIndex + 1);
        gate->wait(Waiting::ForHead);
    } catch (...) {
        gate->cut();  // or it would be there for ever: no timer looks at it yet
        throw;
    }
}

Gate::Gate(std::shared_ptr<GateState> state, transport::Channel::Pointer channel, std::size_t loopIndex, Newcomer newcomer, bool secure)
    : state_{std::move(state)},
      place_{GateState::place(state_)},
      channel_{std::move(channel)},
      peer_{std::move(newcomer.address)},
      loopIndex_{static_cast<std::uint16_t>(loopIndex)},
      secure_{secure},
      toLoopback_{newcomer.onLoopback && newcomer.greeting == Greeting::None},
      isProxy_{newcomer.greeting != Greeting::OfItself && options().proxies.trusted.trusts(peer_)} {
    state_->gates[loopIndex_].push_back(*this);
}

Gate::~Gate() = default;

void Gate::endIdle(GateState& state, std::size_t loopIndex) {
    auto& gates = state.gates[loopIndex];
    for (auto each = gates.begin(); each != gates.end();) {
        Gate& gate = *each++;
        if (gate.deciding_) {
            gate.withMemory([&] { gate.refuse({503, {{"Retry-After", "5"}}, "the server is shutting down\n"}); });
            continue;
        }
        if (gate.stage_ != Stage::Head || !gate.buffer_.empty()) continue;
        if (gate.served_) {
            gate.end();
        } else {
            gate.wait(Waiting::ForHead);
        }
    }
}

void Gate::endAll(GateState& state, std::size_t loopIndex) {
    auto& gates = state.gates[loopIndex];
    while (!gates.empty()) gates.front().cut();
    auto& strands = state.strands[loopIndex];
    for (auto each = strands.begin(); each != strands.end();) (each++)->cancel();
}

/// From here on nothing of this object is called but what still holds it.
void Gate::leave() noexcept {
    stage_ = Stage::Ended;
    endSilence();
    unlink();
    setSilent(false);
    channel_->loop().cancel(std::exchange(timer_, 0));
}

void Gate::endSilence() noexcept {
    if (std::exchange(watched_, false)) state_->site.endsSilence(peer_);
}

/// What has been queued still goes to the client; nothing more.
void Gate::end() noexcept {
    if (stage_ == Stage::Ended) return;
    channel_->loop().atTurnEnd(farewell_);
    leave();
    // Who had no room here has none for long: others may have left meanwhile.
    if (surplus_)
        channel_->closeAfterFlush(kLastRequestTimeout);
    else
        channel_->closeAfterFlush(kLastAnswerTimeout, transport::Patience::WhileItTakes);
    body_.reset();
    collected_.reset();
    deciding_.reset();
    const auto core = std::move(core_);  // goes when the answer is over: that it has none is nobody's mistake then
    if (const auto answer = std::move(answer_)) answer->end(true);
}

void Gate::cut() noexcept {
    channel_->abort();
    end();
}

// ------------------------------------------------------------------------------------------------ time

/// One timer, that looks at the time which has moved on meanwhile: most requests never touch it.
void Gate::wait(Waiting what) noexcept {
    std::chrono::milliseconds time{0};
    switch (what) {
        case Waiting::ForNothing: break;
        case Waiting::ForHead: time = state_->site.isStopping() || surplus_ ? kLastRequestTimeout : options().handshakeTimeout; break;
        case Waiting::ForNextRequest: time = options().keepAliveTimeout; break;
        case Waiting::ForBody: time = options().bodyTimeout; break;
        case Waiting::ForAnswer: time = options().responseTimeout; break;
    }
    waiting_ = what;
    setSilent(what == Waiting::ForHead || what == Waiting::ForNextRequest);  // a head that comes in pieces is as silent as none
    deadline_ = time.count() <= 0 ? Clock::time_point::max() : later(channel_->loop().now(), onClock(time));
    if (deadline_ < armed_) arm(deadline_);
}

void Gate::setSilent(bool silent) noexcept {
    if (silent == silence_.is_linked()) return;
    if (silent)
        state_->silent[loopIndex_].push_back(silence_);
    else
        silence_.unlink();
    auto& count = state_->silentCounts[loopIndex_];  // this loop's alone writes it
    count.store(count.load(std::memory_order_relaxed) + (silent ? 1 : -1), std::memory_order_relaxed);
}

void Gate::arm(Clock::time_point due) noexcept {
    auto& loop = channel_->loop();
    loop.cancel(std::exchange(timer_, 0));
    armed_ = due;
    try {
        timer_ = loop.after(due - loop.now(), [this] { timerFired(); });  // leave() cancels it
    } catch (const std::bad_alloc&) {
        cut();  // nobody would end it
    }
}

void Gate::timerFired() noexcept {
    const auto keep = self_;
    timer_ = 0;
    armed_ = Clock::time_point::max();
    if (waiting_ == Waiting::ForNothing || deadline_ == Clock::time_point::max()) return;
    if (channel_->loop().now() < deadline_) return arm(deadline_);
    late();
}

void Gate::onStalled() {
    const auto keep = self_;
    cut();
}

void Gate::late() noexcept {
    if (channel_->hasUnsent()) return wait(waiting_);  // it still takes of an answer, or is stalled and will be cut
    withMemory([this] {
        if (waiting_ == Waiting::ForHead && surplus_) {
            surplus_ = state_->isOverTheLimit();
            return surplus_ ? refuse(full()) : wait(Waiting::ForHead);  // with everybody's time
        }
        if (waiting_ == Waiting::ForAnswer && !peerEnded_ && buffer_.size() < kMostBehind) {
            channel_->resumeReading();  // its end may lie behind what waits
            return wait(Waiting::ForAnswer);
        }
        if (waiting_ == Waiting::ForHead && !buffer_.empty()) return refuse(408, "no complete request head arrived in time");
        if (waiting_ == Waiting::ForBody && answer_ && answer_->isUnanswered()) return refuse(408, "the body did not arrive in time");
        end();
    });
}

// ------------------------------------------------------------------------------------------------ in

void Gate::onBytes(std::span<std::byte> bytes) {
    const auto keep = self_;
    withMemory([&] { take({reinterpret_cast<const char*>(bytes.data()), bytes.size()}); });
}

void Gate::withoutMemory() noexcept {
    consuming_ = false;
    collected_.reset();
    std::string{}.swap(buffer_);
    held_.set(0);
    if (stage_ == Stage::Ended) return;
    if (answering_) return cut();
    try {
        refuse(noMemory());
    } catch (const std::bad_alloc&) {
        cut();
    }
}

void Gate::take(std::string_view come) {
    if (!buffer_.empty()) {
        buffer_.append(come);
        return advance();
    }
    consuming_ = true;
    const std::size_t used = consume(come);
    consuming_ = false;
    if (stage_ == Stage::Ended) return;
    if (used < come.size()) buffer_.assign(come.substr(used));
    afterReading();
}

void Gate::onEnd(std::error_code why) {
    const auto keep = self_;
    if (stage_ == Stage::Ended) return;
    peerEnded_ = true;
    if (why || deciding_) return end();
    // Who has asked by a whole request still gets the answer of a worker, and what is on its way; nobody else waits for him.
    const bool asked = stage_ == Stage::Busy && (!async_ || answer_->isComplete() || !buffer_.empty());
    if (!asked && stage_ != Stage::Flushing) return end();
    awaitAnswer();
}

/// What a handler on the loop gives may never come, nor end. Whether a client whose requests wait behind that is still there nobody can
/// see before they are read, and of one that sends nothing more nobody can.
void Gate::awaitAnswer() noexcept {
    if (stage_ == Stage::Busy && answer_ && async_ && (peerEnded_ || !buffer_.empty())) wait(Waiting::ForAnswer);
}

/// Goes on with what has come before.
void Gate::advance() {
    const auto keep = self_;
    if (consuming_ || stage_ == Stage::Ended) return;
    consuming_ = true;
    const std::size_t used = consume(buffer_);
    consuming_ = false;
    if (stage_ == Stage::Ended) return;
    if (used == buffer_.size()) {
        std::string{}.swap(buffer_);
    } else {
        buffer_.erase(0, used);
    }
    afterReading();
}

/// How much of `bytes` it could use.
std::size_t Gate::consume(std::string_view bytes) {
    std::size_t used = 0;
    while (used < bytes.size() && (stage_ == Stage::Head || stage_ == Stage::Body)) {
        const std::string_view rest = bytes.substr(used);
        const std::size_t more = stage_ == Stage::Head ? readRequest(rest) : readBody(rest);
        if (more == 0) break;
        used += more;
    }
    return used;
}

/// Whoever is not waited for is not read from: his window closes.
void Gate::afterReading() {
    held_.set(buffer_.empty() ? 0 : buffer_.capacity());
    if (stage_ == Stage::Head && peerEnded_) return end();
    awaitAnswer();
    if (stage_ == Stage::Head && !buffer_.empty() && waiting_ == Waiting::ForNextRequest) wait(Waiting::ForHead);
    const bool reads = stage_ == Stage::Head || (stage_ == Stage::Body && wantsBody()) || (stage_ == Stage::Busy && (buffer_.empty() || handingOver_));
    if (reads) {
        channel_->resumeReading();
    } else {
        channel_->pauseReading();
    }
}

std::size_t Gate::readRequest(std::string_view bytes) {
    if (const std::size_t empty = emptyLinesBefore(bytes); empty > 0 && scanned_ <= empty) {
        scanned_ = 0;
        return empty;
    }
    RequestHead& head = state_->scratch[loopIndex_].head;
    const HeadResult result = readHead(bytes, options().head, head, scanned_);
    if (result.state == HeadState::Incomplete) return 0;
    scanned_ = 0;
    if (result.state == HeadState::Bad) {
        const bool isLimit = result.status == 414 || result.status == 431;
        isLimit ? refuseBeyond(result.status, result.problem) : refuse(result.status, result.problem);
        return bytes.size();
    }
    const bool lacksMemory = lacksMemoryFor(head);
    served_ = true;
    endSilence();
    wait(Waiting::ForNothing);
    const Client client = whoAsks(head);
    if (!client.problem.empty()) {
        terms_ = {};
        refuse(400, client.problem);
        return bytes.size();
    }
    if (!client.host.empty()) head.host = client.host;
    if (!mayAskFor(head.host)) {
        refuseHost(head.host);
        return bytes.size();
    }
    if (head.wantsWebSocket && (lacksMemory || !hasRoom())) {
        terms_ = {.toHead = false, .minorVersion = head.minorVersion, .keepAlive = false};
        refuse(lacksMemory ? noMemory() : full());
        return bytes.size();
    }
    if (head.wantsWebSocket) return head.headBytes + upgrade(head, client, bytes.substr(head.headBytes));
    const std::size_t headBytes = head.headBytes;
    judge(head, client, lacksMemory);
    return headBytes;
}

Client Gate::whoAsks(const RequestHead& head) const {
    if (isProxy_) return clientOf(head, peer_, secure_, options().proxies);
    return {.address = peer_, .host = {}, .secure = secure_, .proxied = false, .problem = {}};
}

bool Gate::mayAskFor(std::string_view host) const {
    const AllowedHosts& hosts = options().hosts;
    const bool takesAny = hosts.any() || (hosts.empty() && (!toLoopback_ || isProxy_));
    if (takesAny || host.empty()) return true;  // HTTP/1.0 needs no Host; a browser always sends one
    std::string& known = state_->scratch[loopIndex_].host;
    if (host == known) return true;
    const std::string name = hostNameOf(host);
    if (!isLoopbackName(name) && !hosts.names(name)) return state_->site.knowsHost(name);  // as long as an endpoint says so
    known.assign(host);
    return true;
}

/// Those who are there are served with what costs little.
bool Gate::lacksMemoryFor(const RequestHead& head) const noexcept {
    return (state_->isShort.load(std::memory_order_relaxed) || MemoryReserve::isOut()) && (!served_ || head.hasBody() || head.wantsWebSocket);
}

std::size_t Gate::heldBytes() const noexcept {
    return buffer_.capacity() + channel_->queuedBytes() + (collected_ ? collected_->size() : 0) + (answer_ ? answer_->queuedBytes() : 0);
}

void Gate::shed() noexcept {
    const auto keep = self_;
    withoutMemory();
}

void Gate::goOn(GateState& state, std::size_t loopIndex) {
    auto& gates = state.gates[loopIndex];
    std::vector<std::shared_ptr<Gate>> waiting;
    for (Gate& gate : gates) {
        if (gate.stage_ == Stage::Body) waiting.push_back(gate.self_);
    }
    for (const auto& gate : waiting) {
        if (gate->stage_ != Stage::Body || !gate->wantsBody()) continue;
        gate->wait(Waiting::ForBody);
        gate->withMemory([&] { gate->advance(); });
    }
}

/// By the head alone: whatever is refused is refused before its body.
void Gate::judge(const RequestHead& head, const Client& client, bool lacksMemory) {
    terms_ = {.toHead = head.method == "HEAD", .minorVersion = head.minorVersion, .keepAlive = false};
    const bool room = hasRoom();
    keepAlive_ = head.keepAlive && room && !state_->site.isStopping();
    continueAwaited_ = head.expectContinue && head.hasBody();
    skipped_ = 0;
    bodyUse_ = BodyUse::Nothing;
    if (head.hasBody()) body_.emplace(head.chunked ? std::nullopt : head.contentLength);
    if (head.expectsOther) return refuse(417, "no expectation but 100-continue can be met (RFC 9110 §10.1.1)");
    const std::string_view target = head.pathAndQuery;
    const std::string_view path = target.substr(0, target.find('?'));
    Match match = state_->site.find(head.method, path.empty() ? "/" : path);
    const bool isHealth = match.route && match.route->isHealth;
    if (!room && !isHealth) return refuse(full());
    if (lacksMemory && !isHealth) return refuse(noMemory());
    if (!match.route) return refuseBody(match.refusal);
    async_ = !std::holds_alternative<HttpHandler>(match.route->handler);
    if (!async_ && head.contentLength.value_or(0) > options().maxBodyBytes) {
        return refuseBeyond(413, bodyProblem(options().maxBodyBytes));
    }
    begin(head, std::move(match), client);
}

void Gate::begin(const RequestHead& head, Match match, const Client& client) {
    answer_ = std::make_shared<Answer>(state_->loops[loopIndex_], static_cast<AnswerSink&>(*this), terms_.toHead);
    auto request = requestOf(head, client);
    request.pathParameters = std::move(match.pathParameters);
    const auto length = head.hasBody() ? head.contentLength : std::optional<std::uint64_t>{0};
    core_ = std::make_shared<ExchangeCore>(std::move(request), length, answer_);
    if (async_) {
        stage_ = body_ ? Stage::Body : Stage::Busy;
        if (body_) bodyUse_ = BodyUse::Streamed;
        AsyncJob job{*this, std::move(match)};
        job.tell(head);
        state_->host.runHere(job, loopIndex_);
        core_.reset();  // POCO may not have come to it
        return;
    }
    keep_ = std::move(match.keep);
    route_ = match.route;
    if (!body_) return bodyEnded();
    stage_ = Stage::Body;
    bodyUse_ = BodyUse::Collected;
    collected_ = std::make_unique<BodyMemory>();
    sendContinue();
    wait(Waiting::ForBody);
}

void Gate::beginAsync(const Match& match) {
    const auto core = std::exchange(core_, nullptr);
    if (const auto strand = callAsync(match, core, state_->loops[loopIndex_])) state_->strands[loopIndex_].push_back(*strand);
}

// ------------------------------------------------------------------------------------------------ a body

bool Gate::wantsBody() const noexcept {
    if (state_->isShort.load(std::memory_order_relaxed) && bodyUse_ != BodyUse::Skipped) return false;
    return bodyUse_ != BodyUse::Streamed || (answer_ && answer_->wantsBody());
}

void Gate::bodyWanted() noexcept {
    const auto keep = self_;
    const bool isNone = stage_ == Stage::Busy && bodyUse_ == BodyUse::Nothing;
    if (stage_ != Stage::Body && !isNone) return;
    if (stage_ == Stage::Body && answer_->wantsBody()) {
        sendContinue();
        wait(Waiting::ForBody);
    }
    if (isNone || !consuming_) channel_->loop().post([keep] { keep->withMemory([&] { keep->bodyGoesOn(); }); });  // never within a call of its reader's
}

void Gate::bodyGoesOn() {
    if (stage_ == Stage::Busy && bodyUse_ == BodyUse::Nothing && answer_ && answer_->wantsBody()) {
        bodyUse_ = BodyUse::Streamed;
        answer_->receive({}, true, "a request without a body");
    } else if (stage_ == Stage::Body) {
        advance();
    }
}

void Gate::sendContinue() {
    if (!std::exchange(continueAwaited_, false)) return;
    channel_->sendControl(asBytes("HTTP/1.1 100 Continue\r\n\r\n"));
}

std::size_t Gate::readBody(std::string_view bytes) {
    if (!wantsBody()) {
        // Whoever lacks memory waits no longer for a body than for a client's: what has come of it is held meanwhile.
        if (!state_->isShort.load(std::memory_order_relaxed)) wait(Waiting::ForNothing);
        return 0;
    }
    const RequestBody::Piece piece = body_->read(bytes);
    if (piece.status != 0) {
        bodyUse_ == BodyUse::Skipped ? end() : refuse(piece.status, piece.problem);
        return bytes.size();
    }
    wait(Waiting::ForBody);
    switch (bodyUse_) {
        case BodyUse::Collected:
            if (piece.bytes.size() > options().maxBodyBytes - collected_->size()) {
                refuseBeyond(413, bodyProblem(options().maxBodyBytes));
                return bytes.size();
            }
            collected_->append(piece.bytes);
            break;
        case BodyUse::Skipped:
            skipped_ += static_cast<std::uint32_t>(piece.taken);
            if (skipped_ > kMostSkipped) {
                end();
                return bytes.size();
            }
            break;
        case BodyUse::Streamed:
            if (piece.last) body_.reset();  // an answer that is made now need not be the connection's last
            if (!piece.bytes.empty() || piece.last) answer_->receive(asBytes(piece.bytes), piece.last, "a request's body");
            break;
        case BodyUse::Nothing:
            break;
    }
    if (stage_ == Stage::Body && piece.last) bodyEnded();
    return stage_ == Stage::Ended ? bytes.size() : piece.taken;
}

void Gate::bodyEnded() {
    body_.reset();
    if (bodyUse_ == BodyUse::Skipped) return next();
    stage_ = Stage::Busy;
    wait(Waiting::ForNothing);
    if (!route_) return;
    std::unique_ptr<Hosted> job = std::make_unique<WorkerJob>(secure_, state_->host.workers(), std::move(keep_),
                                                              *std::exchange(route_, nullptr), core_, std::move(collected_));
    job->head.append(core_->request().method).append(" ").append(Hosted::toldOf(core_->request().target)).append(" HTTP/1.1\r\n\r\n");
    const auto core = std::exchange(core_, nullptr);
    if (!state_->host.runInPool(job)) {
        core->answer()->respond({503, {{"Retry-After", "1"}}, "the server is busy; try again in a moment\n"});
    }
}

}  // namespace patchbay::http
