#pragma once
// One answer between whoever writes it, on any thread, and the connection that it goes to, on its loop.
//
//     Unanswered --respond()------------------> Whole ----.
//         |  '-----start()--> Streaming --finish()--------+--> Finished --taken to its end--> Over     (without a body: with its head)
//         |                       '--cut()--> Cut ------->|
//         '--------------- the client or the server has gone ---------------------------------> Over
//
// What is written waits here until the loop comes for it, so that it takes effect in the order of the calls, and what is written in
// one turn leaves in one piece. An answer knows no bytes of the wire: status, fields and body, and how long it is where that is known.
//
// Thread: any, but for what says otherwise. The lock is held for moves and copies only, never around a user's code.

#include "base/Loop.hpp"
#include "base/MemoryBudget.hpp"

#include <patchbay/detail/Image.hpp>
#include <patchbay/http_exchange.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace patchbay::http {

class ExchangeStrand;

/// Where an answer goes, and where the body of its request comes from: a connection.   Thread: the loop's.   Errors: none may throw.
class AnswerSink {
public:
    /// There is something to take.
    virtual void answerReady() noexcept = 0;
    /// Somebody reads the body, pauses or goes on.
    virtual void bodyWanted() noexcept = 0;

protected:
    ~AnswerSink() = default;
};

class Answer : public std::enable_shared_from_this<Answer> {
public:
    Answer(std::shared_ptr<Loop> loop, AnswerSink& sink, bool toHead) noexcept
        : loop_{std::move(loop)}, sink_{&sink}, discards_{toHead}, held_{loop_->memory().budget()} {}
    Answer(const Answer&) = delete;
    ~Answer();

    // ---- who writes it; as the public handles have it.   Requires: no mistake in status and fields. ----

    bool respond(HttpResponse response);
    bool start(int status, HeaderFields fields, std::optional<std::uint64_t> length);
    SendStatus write(Bytes piece);
    void finish() noexcept;
    std::size_t queuedBytes() const noexcept;
    bool isUnanswered() const noexcept;
    bool isStreaming() const noexcept;
    /// All of it has been said.
    bool isComplete() const noexcept;
    void onWritable(Task task);
    void onClosed(Task task);
    /// The connection is to be cut, the sooner the better: what has been written is a part, and nothing more comes.
    void cut() noexcept;
    /// The handler threw: answers with what the client may know of it, or cuts what has begun; and tells the log.
    void fail(const std::exception_ptr& error, std::string_view who) noexcept;

    // ---- the request's body ----

    using Receiver = std::function<void(Bytes, bool)>;
    void readBody(Receiver receiver, detail::ImagePin pin);
    void pauseBody(bool paused);

    // ---- the connection.   Thread: the loop's ----

    /// What is to be taken.
    struct Ready {
        int status;                  ///< of the head, when it has not been taken; 0: it has
        const HeaderFields& fields;  ///< likewise
        std::optional<std::uint64_t> length;  ///< of the body, where it is known
        std::string_view body;
        bool last;  ///< nothing follows `body`
    };
    enum class Taken : std::uint8_t { Nothing, Some, All, Cut };
    /// Calls `use(ready)`, which returns how much of the body it has taken. The head is taken with it. Nothing is ready, or the answer is
    /// cut: does not call.   Requires: `use` calls no user's code.
    template <class Use>
    Taken take(Use&& use);
    /// So much of it waits at the connection.   Units: bytes.
    void setQueued(std::size_t bytes) noexcept { queued_.store(bytes, std::memory_order_relaxed); }
    /// Nothing waits any more.
    void drained() noexcept;
    /// Whether pieces of the body may come.
    bool wantsBody() const noexcept { return receiver_ && !bodyPaused_; }
    /// A piece of the body, for whoever reads it. False when he threw.   Requires: wantsBody().
    bool receive(Bytes piece, bool last, std::string_view who) noexcept;
    /// The exchange is over; callbacks are called and dropped, and a coroutine that still waits ends.
    /// `gone`: the client or the server, before the answer's end.
    void end(bool gone) noexcept;
    void setStrand(std::weak_ptr<ExchangeStrand> strand) noexcept { strand_ = std::move(strand); }

private:
    enum class Stage : std::uint8_t { Unanswered, Whole, Streaming, Finished, Cut, Over };
    struct Body {
        detail::ImagePin pin;  // first: goes last
        Receiver receive;
    };

    void notifyNow(std::unique_lock<std::mutex> guard) noexcept;
    void notifySoon(std::unique_lock<std::mutex> guard);
    void announce() noexcept;
    void later(Task task) noexcept;
    void setPending(std::string body) noexcept {
        pending_.swap(body);  // assigned to, it would keep its memory
        held_.set(pending_.empty() ? 0 : pending_.capacity());
    }
    std::size_t waiting() const noexcept { return pending_.size() - offset_; }

    const std::shared_ptr<Loop> loop_;
    AnswerSink* sink_;               // the loop's; nullptr when it is over
    std::shared_ptr<Body> receiver_;  // the loop's
    std::weak_ptr<ExchangeStrand> strand_;
    std::atomic<std::size_t> queued_{0};
    bool bodyPaused_ = false;  // the loop's

    mutable std::mutex lock_;  // guards what follows
    Stage stage_ = Stage::Unanswered;
    bool discards_;  // of a body nothing goes anywhere
    bool posted_ = false;
    int status_ = 0;  // of a head that waits
    HeaderFields fields_;
    std::optional<std::uint64_t> length_;  // as the head says
    std::optional<std::uint64_t> left_;    // of a length that a stream was given
    std::string pending_;
    HeldBytes<Held::Answers> held_;  // of that
    std::size_t offset_ = 0;
    Task onWritable_, onClosed_;
};

template <class Use>
Answer::Taken Answer::take(Use&& use) {
    const std::lock_guard guard{lock_};
    if (stage_ == Stage::Cut) return Taken::Cut;
    // Where there is no body nothing can follow the head: whoever streams to a HEAD need not come to an end for the next request.
    const bool over = stage_ == Stage::Whole || stage_ == Stage::Finished || (stage_ == Stage::Streaming && discards_);
    if (stage_ == Stage::Unanswered || stage_ == Stage::Over || (status_ == 0 && waiting() == 0 && !over)) return Taken::Nothing;
    const Ready ready{status_, fields_, length_, std::string_view{pending_}.substr(offset_), over};
    offset_ += use(ready);
    status_ = 0;
    HeaderFields{}.swap(fields_);
    if (waiting() > 0) return Taken::Some;
    setPending({});  // what is idle holds nothing
    offset_ = 0;
    return over ? Taken::All : Taken::Some;
}

/// One request and its answer: what handles share.
class ExchangeCore {
public:
    ExchangeCore(HttpRequest request, std::optional<std::uint64_t> bodyLength, std::shared_ptr<Answer> answer) noexcept
        : request_{std::move(request)}, bodyLength_{bodyLength}, answer_{std::move(answer)} {}
    ExchangeCore(const ExchangeCore&) = delete;
    /// Nobody can answer any more.
    ~ExchangeCore();

    static HttpExchange handle(std::shared_ptr<ExchangeCore> core) noexcept { return HttpExchange{std::move(core)}; }
    /// As the public handle's; an application's mistake is logged and answered with 500.
    bool respond(HttpResponse response);
    HttpStream start(int status, HeaderFields fields, std::optional<std::uint64_t> length);

    /// Thread: one at a time until handles are given away.
    HttpRequest& request() noexcept { return request_; }
    std::optional<std::uint64_t> bodyLength() const noexcept { return bodyLength_; }
    const std::shared_ptr<Answer>& answer() const noexcept { return answer_; }
    /// Such as `GET /rooms`, without a query, which may be a secret.
    std::string who() const { return request_.method + " " + std::string{request_.path()}; }

private:
    bool refusesMistake(const std::string& mistake);

    HttpRequest request_;
    std::optional<std::uint64_t> bodyLength_;
    std::shared_ptr<Answer> answer_;
};

/// What the handles of a stream share: without any of them it cannot end well.
class StreamCore {
public:
    explicit StreamCore(std::shared_ptr<Answer> answer) noexcept : answer{std::move(answer)} {}
    StreamCore(const StreamCore&) = delete;
    ~StreamCore();

    const std::shared_ptr<Answer> answer;
};

}  // namespace patchbay::http
