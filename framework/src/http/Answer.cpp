#include "http/Answer.hpp"

#include "base/Guarded.hpp"
#include "http/AnswerHead.hpp"
#include "http/ExchangeStrand.hpp"

#include <patchbay/errors.hpp>

#include <utility>

namespace patchbay::http {
namespace {

constexpr std::string_view kFailed = "the server could not answer this request\n";

HttpResponse textAnswer(int status, std::string text) {
    if (!text.ends_with('\n')) text += '\n';
    return {status, {}, std::move(text)};
}

/// What the client may know of an exception; what it may not is for the log.
HttpResponse answerFor(const std::exception_ptr& error, std::string_view who) {
    try {
        std::rethrow_exception(error);
    } catch (const HttpError& refusal) {
        const std::string mistake = mistakeIn(refusal.status(), {});
        if (mistake.empty()) return textAnswer(refusal.status(), refusal.what());
        log::error("http", std::string{who} + ": its handler threw an HttpError: " + mistake);
    } catch (const DecodeError& mistake) {
        return textAnswer(400, mistake.what());
    } catch (const std::exception& thrown) {
        log::error("http", std::string{who} + ": its handler threw " + thrown.what());
    } catch (...) {
        log::error("http", std::string{who} + ": its handler threw something that is no std::exception");
    }
    return textAnswer(500, std::string{kFailed});
}

void drop(Task& task) noexcept { task = nullptr; }

}  // namespace

Answer::~Answer() = default;

// ------------------------------------------------------------------------------------------------ written

bool Answer::respond(HttpResponse response) {
    giveType(response);
    if (response.status == 205) response.body.clear();  // RFC 9110 §15.3.6
    std::unique_lock guard{lock_};
    if (stage_ != Stage::Unanswered) return false;
    stage_ = Stage::Whole;
    status_ = response.status;
    fields_ = std::move(response.headers);
    length_ = response.body.size();
    discards_ = discards_ || isBodiless(status_);
    if (!discards_) setPending(std::move(response.body));
    notifyNow(std::move(guard));
    return true;
}

bool Answer::start(int status, HeaderFields fields, std::optional<std::uint64_t> length) {
    std::unique_lock guard{lock_};
    if (stage_ != Stage::Unanswered) return false;
    stage_ = Stage::Streaming;
    status_ = status;
    fields_ = std::move(fields);
    length_ = length;
    left_ = length;
    discards_ = discards_ || isBodiless(status);
    notifySoon(std::move(guard));
    return true;
}

SendStatus Answer::write(Bytes piece) {
    std::unique_lock guard{lock_};
    if (stage_ != Stage::Streaming) return SendStatus::Closed;
    if (left_ && piece.size() > *left_) return SendStatus::Dropped;
    if (!discards_) {
        const std::size_t queued = waiting() + queued_.load(std::memory_order_relaxed);
        if (queued > 0 && (queued > HttpStream::kMostQueued || piece.size() > HttpStream::kMostQueued - queued)) return SendStatus::Full;
        pending_.erase(0, std::exchange(offset_, 0));
        pending_.append(reinterpret_cast<const char*>(piece.data()), piece.size());
        held_.set(pending_.capacity());
    }
    if (left_) *left_ -= piece.size();
    if (!discards_ && !piece.empty()) notifySoon(std::move(guard));
    return SendStatus::Queued;
}

void Answer::finish() noexcept {
    std::unique_lock guard{lock_};
    if (stage_ != Stage::Streaming) return;
    const bool isShort = !discards_ && left_.value_or(0) != 0;
    stage_ = isShort ? Stage::Cut : Stage::Finished;
    notifyNow(std::move(guard));
    if (isShort) log::error("http", "a stream was finished before it had the length that start() was given; its connection is cut");
}

void Answer::cut() noexcept {
    std::unique_lock guard{lock_};
    if (stage_ == Stage::Over || stage_ == Stage::Cut) return;
    stage_ = Stage::Cut;
    notifyNow(std::move(guard));
}

void Answer::fail(const std::exception_ptr& error, std::string_view who) noexcept {
    {
        const std::lock_guard guard{lock_};
        if (stage_ == Stage::Over) {
            try {
                std::rethrow_exception(error);
            } catch (const Cancelled&) {
                return;  // as was to be expected
            } catch (...) {
            }
        }
    }
    if (!respond(answerFor(error, who)) && isStreaming()) cut();
}

bool Answer::isUnanswered() const noexcept {
    const std::lock_guard guard{lock_};
    return stage_ == Stage::Unanswered;
}

bool Answer::isStreaming() const noexcept {
    const std::lock_guard guard{lock_};
    return stage_ == Stage::Streaming;
}

bool Answer::isComplete() const noexcept {
    const std::lock_guard guard{lock_};
    return stage_ == Stage::Whole || stage_ == Stage::Finished;
}

std::size_t Answer::queuedBytes() const noexcept {
    const std::lock_guard guard{lock_};
    return waiting() + queued_.load(std::memory_order_relaxed);
}

// ------------------------------------------------------------------------------------------------ to the loop

/// An answer that is made on the loop leaves in this turn; where somebody waits for its end, behind the call that makes it: a task
/// never runs inside finish() or respond(), whose callers may hold a lock.
void Answer::notifyNow(std::unique_lock<std::mutex> guard) noexcept {
    if (!loop_->isHere() || onClosed_ || onWritable_) return notifySoon(std::move(guard));
    guard.unlock();
    const auto keep = shared_from_this();
    if (sink_) sink_->answerReady();
}

/// What is written in one turn leaves in one piece.
void Answer::notifySoon(std::unique_lock<std::mutex> guard) {
    if (std::exchange(posted_, true)) return;
    guard.unlock();
    loop_->post([self = shared_from_this()] { self->announce(); });
}

void Answer::announce() noexcept {
    {
        const std::lock_guard guard{lock_};
        posted_ = false;
    }
    if (sink_) sink_->answerReady();
}

void Answer::later(Task task) noexcept {
    loop_->post([task = std::move(task)]() mutable { guarded("http", "a task of an exchange", task); });
}

void Answer::onWritable(Task task) {
    std::unique_lock guard{lock_};
    const bool open = stage_ == Stage::Streaming || stage_ == Stage::Unanswered;
    if (open && waiting() + queued_.load(std::memory_order_relaxed) > 0) {
        std::swap(onWritable_, task);
        return guard.unlock();  // what was there goes without the lock
    }
    guard.unlock();
    later(std::move(task));
}

void Answer::onClosed(Task task) {
    std::unique_lock guard{lock_};
    if (stage_ != Stage::Over) {
        std::swap(onClosed_, task);
        return guard.unlock();
    }
    guard.unlock();
    later(std::move(task));
}

void Answer::drained() noexcept {
    Task writable;
    {
        const std::lock_guard guard{lock_};
        setQueued(0);
        if (waiting() == 0) std::swap(writable, onWritable_);
    }
    if (writable) later(std::move(writable));
}

void Answer::end(bool gone) noexcept {
    const auto keep = shared_from_this();
    Task writable, closed;
    bool unfinished = false;  // over with its head: its coroutine may wait for what nobody is told any more
    {
        const std::lock_guard guard{lock_};
        if (stage_ == Stage::Over) return;
        unfinished = std::exchange(stage_, Stage::Over) == Stage::Streaming;
        setQueued(0);
        setPending({});
        offset_ = 0;
        std::swap(writable, onWritable_);
        std::swap(closed, onClosed_);
    }
    sink_ = nullptr;
    const auto body = std::move(receiver_);  // goes last: who awaits it is to hear that all is over, not that nobody reads it any more
    // Before the coroutine is told that all is over: one that waits for just that is not interrupted.
    if (closed) guarded("http", "onClosed()'s task", closed);
    if (writable) guarded("http", "onWritable()'s task", writable);
    drop(closed);
    drop(writable);
    const auto strand = strand_.lock();
    if ((gone || unfinished) && strand) strand->cancel();
}

// ------------------------------------------------------------------------------------------------ the request's body

void Answer::readBody(Receiver receiver, detail::ImagePin pin) {
    auto body = std::make_shared<Body>(Body{std::move(pin), std::move(receiver)});
    if (!loop_->isHere()) {
        loop_->post([self = shared_from_this(), body = std::move(body)]() mutable {
            if (!self->sink_ || self->receiver_) return;
            self->receiver_ = std::move(body);
            self->sink_->bodyWanted();
        });
        return;
    }
    if (!sink_ || receiver_) return;
    receiver_ = std::move(body);
    sink_->bodyWanted();
}

void Answer::pauseBody(bool paused) {
    if (!loop_->isHere()) {
        loop_->post([self = shared_from_this(), paused] { self->pauseBody(paused); });
        return;
    }
    bodyPaused_ = paused;
    if (sink_) sink_->bodyWanted();
}

bool Answer::receive(Bytes piece, bool last, std::string_view who) noexcept {
    const auto body = receiver_;  // it may be dropped meanwhile
    try {
        body->receive(piece, last);
        return true;
    } catch (...) {
        fail(std::current_exception(), who);
        return false;
    }
}

// ------------------------------------------------------------------------------------------------ handles

ExchangeCore::~ExchangeCore() {
    if (!answer_->isUnanswered()) return;
    log::error("http", who() + " was not answered: its last handle is gone");
    answer_->respond({500, {}, std::string{kFailed}});
}

bool ExchangeCore::refusesMistake(const std::string& mistake) {
    if (mistake.empty()) return false;
    log::error("http", who() + ": " + mistake + "; the client gets a 500");
    return true;
}

bool ExchangeCore::respond(HttpResponse response) {
    if (!answer_->isUnanswered()) return false;
    if (refusesMistake(mistakeIn(response.status, response.headers))) return answer_->respond({500, {}, std::string{kFailed}});
    return answer_->respond(std::move(response));
}

HttpStream ExchangeCore::start(int status, HeaderFields fields, std::optional<std::uint64_t> length) {
    if (refusesMistake(mistakeIn(status, fields))) {
        answer_->respond({500, {}, std::string{kFailed}});
        return {};
    }
    auto core = std::make_shared<StreamCore>(answer_);
    if (!answer_->start(status, std::move(fields), length)) return {};
    return HttpStream{std::move(core)};
}

StreamCore::~StreamCore() {
    if (!answer->isStreaming()) return;
    log::error("http", "a stream's last handle went before finish(); its connection is cut");
    answer->cut();
}

}  // namespace patchbay::http

namespace patchbay {

const HttpRequest& HttpExchange::request() const noexcept { return core_->request(); }
std::optional<std::uint64_t> HttpExchange::bodyLength() const noexcept { return core_->bodyLength(); }
bool HttpExchange::isOpen() const noexcept { return core_->answer()->isUnanswered(); }
bool HttpExchange::respond(HttpResponse response) const { return core_->respond(std::move(response)); }
HttpStream HttpExchange::start(int status, HeaderFields fields, std::optional<std::uint64_t> length) const {
    return core_->start(status, std::move(fields), length);
}
void HttpExchange::onClosed(Task task) const { core_->answer()->onClosed(std::move(task)); }
void HttpExchange::pauseReceiving() const { core_->answer()->pauseBody(true); }
void HttpExchange::resumeReceiving() const { core_->answer()->pauseBody(false); }
void HttpExchange::readBody(std::function<void(Bytes, bool)> receiver, detail::ImagePin pin) const {
    core_->answer()->readBody(std::move(receiver), std::move(pin));
}

SendStatus HttpStream::write(Bytes piece) const { return core_ ? core_->answer->write(piece) : SendStatus::Closed; }
void HttpStream::finish() const noexcept {
    if (core_) core_->answer->finish();
}
std::size_t HttpStream::queuedBytes() const noexcept { return core_ ? core_->answer->queuedBytes() : 0; }
bool HttpStream::isOpen() const noexcept { return core_ && core_->answer->isStreaming(); }
void HttpStream::onWritable(Task task) const {
    if (core_) return core_->answer->onWritable(std::move(task));
    task();
}
void HttpStream::onClosed(Task task) const {
    if (core_) return core_->answer->onClosed(std::move(task));
    task();
}

}  // namespace patchbay
