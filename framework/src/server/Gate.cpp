#include "server/Gate.hpp"

#include "base/Log.hpp"

#include <Poco/Net/HTTPResponse.h>

#include <utility>

namespace patchbay::server {

using http::HeadResult, http::HeadState, http::readHead;
namespace {

constexpr std::chrono::milliseconds kLastAnswerTimeout{2000};
/// What a newcomer has to ask, while the server stops, for its 503.
constexpr std::chrono::milliseconds kLastRequestTimeout{500};

std::string errorAnswer(int status, const std::string& problem) {
    const auto code = static_cast<Poco::Net::HTTPResponse::HTTPStatus>(status);
    std::string answer = "HTTP/1.1 " + std::to_string(status) + " ";
    answer += Poco::Net::HTTPResponse::getReasonForStatus(code);
    answer += "\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ";
    answer += std::to_string(problem.size() + 1) + "\r\n\r\n" + problem + "\n";
    return answer;
}

}  // namespace

/// What becomes of a client that takes too long: an answer if it has begun to ask and there is one, then the end.
struct Gate::Lateness {
    int status = 0;
    const char* problem = "";

    static const Lateness kHead, kBody, kSilent;
};

constexpr Gate::Lateness Gate::Lateness::kHead{408, "no complete request head arrived in time"};
constexpr Gate::Lateness Gate::Lateness::kBody{408, "the body did not arrive in time"};
constexpr Gate::Lateness Gate::Lateness::kSilent{};

void Gate::open(std::shared_ptr<GateState> state, transport::EventLoop& loop, std::size_t loopIndex,
                transport::Socket socket, std::string remoteAddress) {
    // Room for the largest answer; there is one at a time.
    constexpr SendQueue kAnswers{ReplaySocket::kMaxResponseBytes + 64_KiB, WhenFull::Close};
    auto channel = transport::SocketChannel::open(loop, std::move(socket), kAnswers);
    auto gate = std::make_shared<Gate>(std::move(state), channel, loopIndex, std::move(remoteAddress));
    gate->self_ = gate;
    channel->start(*gate);
    const std::size_t most = gate->state_->options.maxConnections;
    if (most != 0 && gate->state_->connections.now() > most) {
        return gate->refuse(503, "the server has as many connections as it may have; try again later");
    }
    const bool stopping = gate->state_->deployments.isDraining();
    gate->waitAtMost(stopping ? kLastRequestTimeout : gate->state_->options.handshakeTimeout, Lateness::kHead);
}

Gate::Gate(std::shared_ptr<GateState> state, transport::SocketChannel::Pointer channel, std::size_t loopIndex,
           std::string remoteAddress)
    : state_{std::move(state)},
      place_{std::shared_ptr<ConnectionCount>{state_, &state_->connections}},
      channel_{std::move(channel)},
      loopIndex_{loopIndex},
      remoteAddress_{std::move(remoteAddress)} {
    state_->gates[loopIndex_].push_back(*this);
}

Gate::~Gate() = default;

void Gate::endIdle(GateState& state, std::size_t loopIndex) {
    auto& gates = state.gates[loopIndex];
    for (auto next = gates.begin(); next != gates.end();) {
        Gate& gate = *next++;
        if (gate.stage_ != Stage::Head || !gate.buffer_.empty()) continue;
        if (gate.keepAlive_) {
            gate.end();
        } else {
            gate.waitAtMost(kLastRequestTimeout, Lateness::kHead);
        }
    }
}

void Gate::endAll(GateState& state, std::size_t loopIndex) {
    auto& gates = state.gates[loopIndex];
    while (!gates.empty()) gates.front().end();
    auto& carriers = state.carriers[loopIndex];
    while (!carriers.empty()) carriers.front().cut();
}

/// From here on nothing of this object is called but what still holds it.
void Gate::leave() noexcept {
    stage_ = Stage::Ended;
    unlink();
    channel_->loop().cancel(timer_);
}

void Gate::waitAtMost(std::chrono::milliseconds time, const Lateness& orElse) {
    channel_->loop().cancel(timer_);
    timer_ = 0;
    if (time.count() <= 0) return;
    timer_ = channel_->loop().after(onClock(time), [this, &orElse] { waitedEnough(orElse); });  // leave() cancels it
}

void Gate::waitedEnough(const Lateness& lateness) noexcept {
    const auto keep = self_;
    if (lateness.status != 0 && !buffer_.empty()) return refuse(lateness.status, lateness.problem);
    channel_->abort();
    end();
}

// ------------------------------------------------------------------------------------------------ in

void Gate::onBytes(std::span<std::byte> bytes) {
    const auto keep = self_;
    const bool firstOfRequest = buffer_.empty() && stage_ == Stage::Head && keepAlive_;
    buffer_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (firstOfRequest) waitAtMost(state_->options.handshakeTimeout, Lateness::kHead);
    advance();
}

void Gate::onEnd(std::error_code why) {
    const auto keep = self_;
    if (stage_ == Stage::Ended) return;
    if (stage_ == Stage::Busy || (stage_ == Stage::Answering && !why)) {
        keepAlive_ = false;  // a half-closed client still gets its answer
        return;
    }
    end();
}

void Gate::advance() {
    if (stage_ == Stage::Head && readRequestHead()) {
        if (buffer_.size() >= requestBytes()) return run();
        stage_ = Stage::Body;
        waitAtMost(state_->options.bodyTimeout, Lateness::kBody);
    } else if (stage_ == Stage::Body && buffer_.size() >= requestBytes()) {
        readHead(buffer_, state_->options.head, head_, scanned_ = 0);  // the body may have moved what the head looked at
        run();
    }
}

bool Gate::readRequestHead() {
    const HeadResult result = readHead(buffer_, state_->options.head, head_, scanned_);
    if (result.state == HeadState::Incomplete) return false;
    if (result.state == HeadState::Bad) {
        refuse(result.status, result.problem);
        return false;
    }
    if (head_.contentLength.value_or(0) > state_->options.maxBodyBytes) {
        refuse(413, "the body is larger than " + std::to_string(state_->options.maxBodyBytes) + " bytes");
        return false;
    }
    if (head_.expectContinue) channel_->sendControl(asBytes("HTTP/1.1 100 Continue\r\n\r\n"));
    return true;
}

std::size_t Gate::requestBytes() const noexcept {
    return head_.headBytes + static_cast<std::size_t>(head_.contentLength.value_or(0));
}

void Gate::run() {
    stage_ = Stage::Busy;
    channel_->loop().cancel(std::exchange(timer_, 0));
    keepAlive_ = head_.keepAlive;
    Exchange exchange;
    exchange.bytes = std::string_view{buffer_}.substr(0, requestBytes());
    exchange.head = &head_;
    exchange.remoteAddress = remoteAddress_;
    exchange.secure = channel_->isSecure();

    const auto keep = self_;
    if (head_.namesWebSocket) {
        state_->host.runHere(exchange, loopIndex_);
        return answered(exchange);
    }
    channel_->pauseReading();
    auto& loop = channel_->loop();
    auto forWorker = std::make_unique<Exchange>(std::move(exchange));
    const bool taken = state_->host.runInPool(forWorker, [keep, &loop](std::unique_ptr<Exchange> done) {
        loop.post([keep, result = std::shared_ptr{std::move(done)}] { keep->answered(*result); });
    });
    if (!taken) refuse(503, "the server is busy; try again in a moment");
}

// ------------------------------------------------------------------------------------------------ out

void Gate::answered(Exchange& exchange) {
    if (stage_ != Stage::Busy) return;
    buffer_.erase(0, requestBytes());
    scanned_ = 0;
    if (exchange.upgrade) return upgrade(*exchange.upgrade);
    if (exchange.response.empty()) return refuse(500, "the server could not answer this request");
    keepAlive_ = keepAlive_ && exchange.keepAlive && !state_->deployments.isDraining();
    if (channel_->send(asBytes(exchange.response), {}) != SendStatus::Queued) return end();
    stage_ = Stage::Answering;
    channel_->pauseReading();
    waitAtMost(state_->options.responseTimeout, Lateness::kSilent);
}

void Gate::onDrained() {
    if (stage_ != Stage::Answering) return;  // of a 100 Continue
    const auto keep = self_;
    if (!keepAlive_) return end();
    stage_ = Stage::Head;
    waitAtMost(state_->options.keepAliveTimeout, Lateness::kSilent);
    channel_->resumeReading();
    if (!buffer_.empty()) advance();  // the next request came along with this one
}

void Gate::upgrade(Exchange::Upgrade& upgrade) {
    auto extension = std::move(upgrade.admission.extension);
    auto session = state_->deployments.createSession(std::move(upgrade.admission), loopIndex_);
    if (!session) return refuse(503, "this endpoint is full");
    // Whatever becomes of the session's messages: without the 101 its Close would be read as the answer.
    if (channel_->sendCommitted(asBytes(upgrade.head)) != SendStatus::Queued) {
        log::error(session->endpoint().config.path, "the handshake's answer is too large: its headers must fit 4 KiB");
        session->endpoint().remove(*session);
        return refuse(500, "the server could not complete the handshake");
    }
    auto channel = channel_;
    std::string first = std::move(buffer_);
    const std::size_t size = first.size();
    first.resize(size + kSlackBytes);
    const auto keep = std::move(self_);
    leave();
    WebSocketCarrier::start({std::move(channel), std::move(session), std::move(extension), std::move(place_)},
                            state_->carriers[loopIndex_],
                            std::as_writable_bytes(std::span{first}).first(size));
}

void Gate::refuse(int status, const std::string& problem) {
    channel_->send(asBytes(errorAnswer(status, problem)), {});
    end();
}

void Gate::end() noexcept {
    if (stage_ == Stage::Ended) return;
    leave();
    channel_->closeAfterFlush(kLastAnswerTimeout);
    channel_->loop().post([keep = std::move(self_)] {});
    self_.reset();
}

}  // namespace patchbay::server
