#include "hosting/Gate.hpp"

#include "base/Log.hpp"
#include "hosting/RequestHandler.hpp"

#include <Poco/Net/HTTPResponse.h>

#include <cstring>

namespace patchbay::hosting {
namespace {

constexpr std::chrono::milliseconds kLastAnswerTimeout{2000};
/// What a newcomer has to ask, while the server stops, for its 503.
constexpr std::chrono::milliseconds kLastRequestTimeout{500};
constexpr const char* kTooLate = "no complete request head arrived in time";

std::string errorAnswer(int status, const std::string& problem) {
    const auto code = static_cast<Poco::Net::HTTPResponse::HTTPStatus>(status);
    std::string answer = "HTTP/1.1 " + std::to_string(status) + " ";
    answer += Poco::Net::HTTPResponse::getReasonForStatus(code);
    answer += "\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ";
    answer += std::to_string(problem.size() + 1) + "\r\n\r\n" + problem + "\n";
    return answer;
}

}  // namespace

void Gate::open(std::shared_ptr<GateState> state, transport::EventLoop& loop, std::size_t loopIndex,
                transport::Socket socket) {
    // Room for the largest answer; there is one at a time.
    constexpr SendQueue kAnswers{ReplaySocket::kMaxResponseBytes + 64_KiB, WhenFull::Close};
    auto channel = transport::SocketChannel::open(loop, std::move(socket), kAnswers);
    auto gate = std::make_shared<Gate>(std::move(state), channel, loopIndex);
    gate->self_ = gate;
    channel->start(*gate);
    const std::size_t most = gate->state_->options.maxConnections;
    if (most != 0 && gate->state_->connections.load() > most) {
        return gate->refuse(503, "the server has as many connections as it may have; try again later");
    }
    const bool stopping = gate->state_->container.isDraining();
    gate->waitAtMost(stopping ? kLastRequestTimeout : gate->state_->options.handshakeTimeout, 408, kTooLate);
}

Gate::Gate(std::shared_ptr<GateState> state, transport::SocketChannel::Pointer channel, std::size_t loopIndex)
    : state_{std::move(state)},
      place_{std::shared_ptr<ConnectionPlace::Count>{state_, &state_->connections}},
      channel_{std::move(channel)},
      loopIndex_{loopIndex},
      remoteAddress_{channel_->peerAddress()},
      localAddress_{channel_->localAddress()} {
    state_->gates[loopIndex_].insert(this);
}

Gate::~Gate() = default;

void Gate::endIdle(GateState& state, std::size_t loopIndex) {
    const auto gates = state.gates[loopIndex];
    for (Gate* gate : gates) {
        if (gate->stage_ != Stage::Head || !gate->buffer_.empty()) continue;
        if (gate->keepAlive_) {
            gate->end();
        } else {
            gate->waitAtMost(kLastRequestTimeout, 408, kTooLate);
        }
    }
}

void Gate::endAll(GateState& state, std::size_t loopIndex) {
    const auto gates = state.gates[loopIndex];
    for (Gate* gate : gates) gate->end();
    auto& carriers = state.carriers[loopIndex];
    while (!carriers.empty()) carriers.front().cut();
}

/// From here on nothing of this object is called but what still holds it.
void Gate::leave() noexcept {
    stage_ = Stage::Ended;
    state_->gates[loopIndex_].erase(this);
    channel_->loop().cancel(timer_);
}

void Gate::waitAtMost(std::chrono::milliseconds time, int status, const char* problem) {
    channel_->loop().cancel(timer_);
    timer_ = 0;
    if (time.count() <= 0) return;
    timer_ = channel_->loop().after(time, [weak = weak_from_this(), status, problem] {
        const auto gate = weak.lock();
        if (!gate || gate->stage_ == Stage::Ended) return;
        if (status != 0 && !gate->buffer_.empty()) return gate->refuse(status, problem);
        gate->channel_->abort();
        gate->end();
    });
}

// ------------------------------------------------------------------------------------------------ in

void Gate::onBytes(std::span<std::byte> bytes) {
    const auto keep = self_;
    const bool firstOfRequest = buffer_.empty() && stage_ == Stage::Head && keepAlive_;
    buffer_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (firstOfRequest) waitAtMost(state_->options.handshakeTimeout, 408, kTooLate);
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
    if (stage_ == Stage::Head && !readRequestHead()) return;
    if (stage_ == Stage::Body) readBody();
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
    stage_ = Stage::Body;
    handshake_ = asksForWebSocket(head_.header("Upgrade"));  // now: head_ looks into a buffer that the body will move
    if (head_.expectContinue) channel_->sendControl(asBytes("HTTP/1.1 100 Continue\r\n\r\n"));
    waitAtMost(state_->options.bodyTimeout, 408, "the body did not arrive in time");
    return true;
}

void Gate::readBody() {
    const std::size_t requestBytes = head_.headBytes + static_cast<std::size_t>(head_.contentLength.value_or(0));
    if (buffer_.size() >= requestBytes) run(requestBytes);
}

void Gate::run(std::size_t requestBytes) {
    stage_ = Stage::Busy;
    channel_->pauseReading();
    channel_->loop().cancel(timer_);
    timer_ = 0;
    keepAlive_ = head_.keepAlive;
    auto exchange = std::make_unique<Exchange>();
    exchange->request = buffer_.substr(0, requestBytes);
    exchange->remoteAddress = remoteAddress_;
    exchange->localAddress = localAddress_;
    exchange->secure = channel_->isSecure();
    buffer_.erase(0, requestBytes);
    scanned_ = 0;

    const auto keep = self_;
    if (handshake_) {
        std::unique_ptr<Exchange> result;
        state_->host.runHere(std::move(exchange), [&](std::unique_ptr<Exchange> done) { result = std::move(done); });
        return answered(std::move(result));
    }
    auto& loop = channel_->loop();
    const bool taken = state_->host.runInPool(exchange, [keep, &loop](std::unique_ptr<Exchange> done) {
        std::shared_ptr<Exchange> shared = std::move(done);
        loop.post([keep, shared] { keep->answered(std::make_unique<Exchange>(std::move(*shared))); });
    });
    if (!taken) refuse(503, "the server is busy; try again in a moment");
}

// ------------------------------------------------------------------------------------------------ out

void Gate::answered(std::unique_ptr<Exchange> exchange) {
    if (stage_ != Stage::Busy) return;
    if (exchange->upgrade) return upgrade(std::move(*exchange->upgrade));
    if (exchange->response.empty()) return refuse(500, "the server could not answer this request");
    keepAlive_ = keepAlive_ && exchange->keepAlive && !state_->container.isDraining();
    if (channel_->send(asBytes(exchange->response), {}) != SendStatus::Queued) return end();
    stage_ = Stage::Answering;
    waitAtMost(state_->options.responseTimeout, 0, "");
}

void Gate::onDrained() {
    if (stage_ != Stage::Answering) return;  // of a 100 Continue
    const auto keep = self_;
    if (!keepAlive_) return end();
    stage_ = Stage::Head;
    waitAtMost(state_->options.keepAliveTimeout, 0, "");
    channel_->resumeReading();
    if (!buffer_.empty()) advance();  // the next request came along with this one
}

/// As control messages, which no queue policy drops.
bool Gate::sendHead(std::string_view head) {
    constexpr std::size_t kPiece = 2_KiB;
    if (head.size() > 2 * kPiece) return false;
    for (std::size_t at = 0; at < head.size(); at += kPiece) {
        if (channel_->sendControl(asBytes(head.substr(at, kPiece))) != SendStatus::Queued) return false;
    }
    return true;
}

void Gate::upgrade(Exchange::Upgrade upgrade) {
    auto extension = std::move(upgrade.admission.extension);
    auto session = state_->container.createSession(std::move(upgrade.admission), loopIndex_);
    if (!session) return refuse(503, "this endpoint is full");
    if (!sendHead(upgrade.head)) {
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

}  // namespace patchbay::hosting
