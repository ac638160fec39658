// What a connection gives its client: answers as they are written, refusals, and what follows.
#include "http/Gate.hpp"

#include "base/Log.hpp"

#include <array>
#include <cstdio>
#include <new>
#include <utility>

namespace patchbay::http {
namespace {

/// How much of an answer waits at the channel, before more of it is put there.   Units: bytes.
constexpr std::size_t kEnough = 64 * 1024;
constexpr std::size_t kMostPiece = 64 * 1024;
/// A body up to this size is written with its head.
constexpr std::size_t kSmallBody = 8 * 1024;

}  // namespace

void Gate::answerReady() noexcept {
    const auto keep = self_;
    withMemory([&] { writeAnswer(); });
    if (lost_) cut();
}

void Gate::writeAnswer() {
    while (answer_ && !lost_ && channel_->queuedBytes() < kEnough) {
        const Answer::Taken taken = answer_->take([this](const Answer::Ready& ready) { return writePart(ready); });
        if (taken == Answer::Taken::Cut) return cut();
        if (taken == Answer::Taken::All) return answered();
        if (taken == Answer::Taken::Nothing) break;
    }
    if (!answer_) return;
    const std::size_t queued = channel_->queuedBytes();
    answer_->setQueued(queued);
}

/// Full is what there is no memory for: no answer comes to the queue's limit.
void Gate::give(Bytes head, Bytes payload) {
    lost_ = channel_->send(head, payload) == SendStatus::Full || lost_;
}

/// The next of an answer; how much of its body that was.
std::size_t Gate::writePart(const Answer::Ready& ready) {
    std::string& out = state_->scratch[loopIndex_].answer;
    out.clear();
    if (ready.status != 0) {
        answering_ = true;
        framing_ = framingOf(ready.status, ready.length, terms_);
        keepAlive_ = keepAlive_ && framing_ != Framing::UntilEnd && (!body_ || bodyMayBeSkipped()) && !state_->site.isStopping();
        terms_.keepAlive = keepAlive_;
        writeAnswerHead(out, ready.status, ready.fields, ready.length, terms_);
    }
    const std::string_view piece = framing_ == Framing::None ? std::string_view{} : ready.body.substr(0, kMostPiece);
    const bool last = ready.last && piece.size() == ready.body.size();
    if (framing_ == Framing::Chunked && !piece.empty()) {
        std::array<char, 20> size;
        out.append(size.data(), static_cast<std::size_t>(std::snprintf(size.data(), size.size(), "%zx\r\n", piece.size())));
    }
    const bool small = piece.size() <= kSmallBody;
    if (small) out.append(piece);
    if (!small) {
        give({}, asBytes(out));
        give({}, asBytes(piece));
        out.clear();
    }
    if (framing_ == Framing::Chunked && !piece.empty()) out.append("\r\n");
    if (framing_ == Framing::Chunked && last) out.append("0\r\n\r\n");
    if (!out.empty()) give({}, asBytes(out));
    awaitAnswer();
    answer_->setQueued(channel_->queuedBytes());  // under the answer's lock: no writer sees it in neither place
    return framing_ == Framing::None ? ready.body.size() : piece.size();
}

/// The channel has all of the answer.
void Gate::answered() {
    const auto answer = std::exchange(answer_, nullptr);
    answering_ = false;
    answer->end(false);
    if (stage_ == Stage::Ended) return;
    if (!body_) return next();
    bodyUse_ = BodyUse::Skipped;
    if (!keepAlive_) return next();
    stage_ = Stage::Body;
    wait(Waiting::ForBody);
    if (!consuming_) advance();
}

/// Who waits for a 100 Continue may never send it; what is small and announced may be read.
bool Gate::bodyMayBeSkipped() const noexcept {
    return !continueAwaited_ && body_->left().value_or(0) <= kMostSkipped;
}

/// The exchange is over.
void Gate::next() {
    if (!keepAlive_ || channel_->queuedBytes() >= kEnough) {
        if (channel_->queuedBytes() == 0) return end();
        stage_ = Stage::Flushing;
        wait(Waiting::ForNothing);
        if (keepAlive_ && !consuming_) afterReading();
        return;
    }
    stage_ = Stage::Head;
    bodyUse_ = BodyUse::Nothing;
    wait(Waiting::ForNextRequest);
    if (!consuming_) advance();
}

void Gate::onDrained() {
    const auto keep = self_;
    if (answer_) {
        answer_->drained();
        return answerReady();
    }
    if (stage_ == Stage::Flushing) withMemory([this] { next(); });
}

void Gate::sendWhole(HttpResponse response) {
    giveType(response);
    std::string& out = state_->scratch[loopIndex_].answer;
    out.clear();
    terms_.keepAlive = keepAlive_;
    writeAnswerHead(out, response.status, response.headers, response.body.size(), terms_);
    if (!terms_.toHead) out.append(response.body);
    give({}, asBytes(out));
    if (lost_) throw std::bad_alloc{};
}

/// Refuses a well-formed request; the connection goes on if its body is not in the way.
void Gate::refuseBody(HttpResponse response) {
    keepAlive_ = keepAlive_ && (!body_ || bodyMayBeSkipped());
    sendWhole(std::move(response));
    if (!body_ || !keepAlive_) {
        if (body_) body_.reset();
        return next();
    }
    bodyUse_ = BodyUse::Skipped;
    stage_ = Stage::Body;
    wait(Waiting::ForBody);
}

/// Where the next request would begin nobody knows, or nobody wants to.
void Gate::refuse(int status, std::string_view problem) { refuse({status, {}, std::string{problem} + "\n"}); }

/// A name that this server does not go by (RFC 9110 §15.5.20).
void Gate::refuseHost(std::string_view host) {
    log::info("http", "refused a request for the host " + std::string{host} + "; if it is a name of this server, add it to server.hosts" +
                          (toLoopback_ ? ", or its proxy to server.trustedProxies" : ""));
    terms_ = {};
    refuse(421, "this server does not go by that name; server.hosts in its configuration lists those that it does (RFC 9110 §15.5.20)");
}

/// A client that hit a limit, which may be set too low for it.
void Gate::refuseBeyond(int status, const std::string& problem) {
    log::info("http", "refused a request of " + peer_ + " with " + std::to_string(status) + ": " + problem);
    refuse(status, problem);
}

void Gate::refuse(HttpResponse response) {
    if (answering_) return cut();  // it would lie in the middle of an answer
    keepAlive_ = false;
    terms_.toHead = false;
    sendWhole(std::move(response));
    end();
}

}  // namespace patchbay::http
