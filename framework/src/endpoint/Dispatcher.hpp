#pragma once
// Calls the handlers of an endpoint, and is the one place where what they throw is caught.
//
//     thrown                                  goes to               and then
//     Refused by open                         the error handler     the session closes with 1008 and the refusal's code
//     anything else by open                   the error handler     the session closes with 1011
//     Refused by message, of a request        nobody                it is the request's outcome
//     anything by message, a task             the error handler     the session stays; without one it closes with 1011
//     DecodeError, Forbidden                  the error handler     the session stays, also without one
//     MessageTooBig                           the error handler     the session closes with 1009
//     SessionClosed                           the error handler     the session stays, also without one
//     anything by close                       the error handler
//     anything by the error handler           the log
//     Cancelled, since the session has ended          the log, at debug level
// Without an error handler every error is logged; SessionClosed at debug level, since peers leave when they like, also while
// they are being answered. Texts of exceptions never go on the wire. A peer whose open handler failed is never served: what
// that handler was to look at, such as a path parameter that is no number, has not been looked at.
//
// A handler may be a coroutine, and so may the error handler. Where it waits the call ends Unfinished, and its Run holds the
// coroutine. Who called waits until it has ended, however long that takes, and asks goOn() what comes of it; again while that is
// Unfinished.   Source: Jakarta WebSocket §4.3, §4.5, §4.7, §5.2.2

#include "base/Log.hpp"

#include <patchbay/detail/EndpointModel.hpp>
#include <patchbay/task.hpp>

#include <cstdint>
#include <exception>
#include <string>
#include <utility>

namespace patchbay::endpoint {

/// What the session has to do after a handler.
enum class Outcome : std::uint8_t { Fine, CloseTooBig, CloseFailed, CloseRefused, Unfinished };

/// What a client is told of something that its request's handler has thrown (framework/WIRE.md §7).
struct Failure {
    std::string code;
    std::string text;          // of a Refused, and of a DecodeError, which speaks of what the client has sent; else empty
    bool isCancelled = false;  // nothing has come of it yet
    bool isOfAClosedSession = false;  // the same, if that is its own
};
Failure failureOf(const std::exception_ptr& thrown);

/// A request, told as soon as its handler has thrown: before an error handler does anything of its own.   Thread: the handler's.
class Requested {
public:
    virtual void handlerThrew() noexcept = 0;

protected:
    ~Requested() = default;
};

/// A handler under way.   Thread: one at a time.
class Run {
public:
    /// The coroutine that waits; empty but when the outcome is Unfinished.
    detail::Running coroutine;

    /// Of a request, which is told of what its handler has thrown: then a Refused is its outcome, and no error of anybody's. nullptr: of none.
    Requested* request = nullptr;
    /// What the handler of a request has thrown; nullptr: nothing.
    const std::exception_ptr& thrown() const noexcept { return thrown_; }

    /// What the peer is told where the outcome is CloseRefused.
    std::string refusal() const;

private:
    friend class Dispatcher;
    const char* handler_ = nullptr;  // whose coroutine it is, for the log
    std::exception_ptr error_;       // what the error handler was given, or the open handler threw
    std::exception_ptr thrown_;
    bool opening_ = false;
    bool handling_ = false;  // the coroutine is the error handler's
};

/// Requires: the model lives longer.   Thread: per instance one at a time.
class Dispatcher {
public:
    explicit Dispatcher(const detail::EndpointModel& model)
        : model_{model}, taskLabel_{detail::internLabel("a task of " + model.className)} {}

    /// A new instance: Fine; CloseRefused or CloseFailed, told in the log, where its constructor throws.
    Outcome construct(std::shared_ptr<void>& instance, const Services& services, const detail::Arrival& arrival, Run& run) const noexcept;
    // Requires: `run` is fresh, and as long-lived as the coroutine.
    Outcome open(void* instance, const detail::OpenCall& call, Run& run) const noexcept;
    Outcome message(MessageKind kind, void* instance, const detail::MessageCall& call, Run& run) const noexcept;
    /// The same without a Run, as nearly every message is handled: where there is something to do behind it one is made, and
    /// `rest(outcome, run)` does that.   Requires: `rest` throws nothing.
    template <class Rest>
    [[gnu::always_inline]] void messageNow(MessageKind kind, void* instance, const detail::MessageCall& call, Rest rest) const noexcept {
        try {
            if (detail::Running coroutine = begin(kind, instance, call)) [[unlikely]] {
                Run run;
                rest(waits(kMessageHandler, std::move(coroutine), run), run);
            }
        } catch (...) {
            Run run;
            const Outcome outcome = route(kMessageHandler, instance, call, std::current_exception(), run);
            if (outcome != Outcome::Fine) rest(outcome, run);
        }
    }
    Outcome close(void* instance, const detail::CloseCall& call, Run& run) const noexcept;
    /// A task that the application posted.
    Outcome task(void* instance, const detail::Call& call, Task& task, Run& run) const noexcept;
    /// An error that arose outside of any handler.
    Outcome error(void* instance, const detail::Call& call, std::exception_ptr error, Run& run) const noexcept;
    /// Requires: the coroutine of `run` has ended.
    Outcome goOn(void* instance, const detail::Call& call, Run& run) const noexcept;

private:
    static constexpr const char* kMessageHandler = "a message handler";

    detail::Running begin(MessageKind kind, void* instance, const detail::MessageCall& call) const {
        const auto handle = kind == MessageKind::Text ? model_.onText : model_.onBinary;
        if (!handle) [[unlikely]]
            failWithoutHandler(kind);
        return handle(instance, call);
    }
    [[noreturn]] static void failWithoutHandler(MessageKind kind);
    static Outcome waits(const char* handler, detail::Running coroutine, Run& run) noexcept;
    template <class Start>
    Outcome guarded(const char* handler, void* instance, const detail::Call& call, Run& run, Start start) const noexcept;
    Outcome route(const char* handler, void* instance, const detail::Call& call, std::exception_ptr error, Run& run) const noexcept;
    bool handled(void* instance, const detail::Call& call, const std::exception_ptr& error, detail::Running& running) const noexcept;
    enum class Kind : std::uint8_t { Decode, Forbidden, TooBig, Closed, Cancelled, Other };
    static Kind kindOf(const std::exception_ptr& error) noexcept;
    static log::Level levelOf(Kind kind) noexcept;
    static Outcome settle(const std::exception_ptr& error, Kind kind, bool taken, Run& run) noexcept;
    void logFailedHandling(const std::exception_ptr& thrown) const noexcept;
    void log(log::Level level, const char* handler, const std::exception_ptr& error) const noexcept;

    const detail::EndpointModel& model_;
    const char* const taskLabel_;
};

}  // namespace patchbay::endpoint
