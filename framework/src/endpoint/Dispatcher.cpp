#include "endpoint/Dispatcher.hpp"

#include "base/Log.hpp"
#include "base/Printable.hpp"
#include "base/TypeName.hpp"

#include <algorithm>
#include <string>
#include <typeinfo>

namespace patchbay::endpoint {
namespace {

std::string describe(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& known) {
        return readableName(typeid(known)) + ": " + known.what();
    } catch (...) {
        return "something that is no std::exception";
    }
}

/// nullptr when it is another exception.
const Refused* refusalIn(const std::exception_ptr& error) noexcept {
    try {
        std::rethrow_exception(error);
    } catch (const Refused& refused) {
        return &refused;  // which `error` keeps
    } catch (...) {
        return nullptr;
    }
}

}  // namespace

/// Once for each error: throwing is dear, and a peer may send what does not decode as fast as it can.
Dispatcher::Kind Dispatcher::kindOf(const std::exception_ptr& error) noexcept {
    try {
        std::rethrow_exception(error);
    } catch (const DecodeError&) {
        return Kind::Decode;
    } catch (const Forbidden&) {
        return Kind::Forbidden;
    } catch (const MessageTooBig&) {
        return Kind::TooBig;
    } catch (const SessionClosed&) {
        return Kind::Closed;
    } catch (const Cancelled&) {
        return Kind::Cancelled;
    } catch (...) {
        return Kind::Other;
    }
}

Failure failureOf(const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const Refused& refused) {
        const auto isOfACode = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
        constexpr std::size_t kMostCode = 64;
        const std::string& code = refused.code();
        const bool isCode = !code.empty() && code.size() <= kMostCode && std::ranges::all_of(code, isOfACode);
        return {isCode ? code : "refused", refused.text()};
    } catch (const DecodeError& error) {
        return {"malformed", error.what()};
    } catch (const Forbidden&) {
        return {"forbidden", {}};
    } catch (const TooManyTopics&) {
        return {"too-many", {}};
    } catch (const MessageTooBig&) {
        return {"too-large", {}};
    } catch (const Cancelled&) {
        return {"failed", {}, true};
    } catch (const SessionClosed&) {
        return {"failed", {}, false, true};
    } catch (...) {
        return {"failed", {}};
    }
}

std::string Run::refusal() const {
    const Refused* const refused = error_ ? refusalIn(error_) : nullptr;
    return refused ? refused->code() : std::string{};
}

template <class Start>
Outcome Dispatcher::guarded(const char* handler, void* instance, const detail::Call& call, Run& run, Start start) const noexcept {
    try {
        detail::Running coroutine = start();
        return coroutine ? waits(handler, std::move(coroutine), run) : Outcome::Fine;
    } catch (...) {
        return route(handler, instance, call, std::current_exception(), run);
    }
}

Outcome Dispatcher::waits(const char* handler, detail::Running coroutine, Run& run) noexcept {
    run.handler_ = handler;
    run.coroutine = std::move(coroutine);
    return Outcome::Unfinished;
}

Outcome Dispatcher::construct(std::shared_ptr<void>& instance, const Services& services, const detail::Arrival& arrival,
                             Run& run) const noexcept {
    run.opening_ = true;
    try {
        instance = model_.construct(services, arrival);
        return Outcome::Fine;
    } catch (...) {
        const std::exception_ptr error = std::current_exception();
        const Kind kind = kindOf(error);
        log(refusalIn(error) ? log::Level::Info : levelOf(kind), "the constructor", error);
        return settle(error, kind, false, run);
    }
}

Outcome Dispatcher::open(void* instance, const detail::OpenCall& call, Run& run) const noexcept {
    if (!model_.onOpen) return Outcome::Fine;
    run.opening_ = true;
    return guarded("the open handler", instance, call, run, [&] { return model_.onOpen(instance, call); });
}

Outcome Dispatcher::message(MessageKind kind, void* instance, const detail::MessageCall& call, Run& run) const noexcept {
    return guarded(kMessageHandler, instance, call, run, [&] { return begin(kind, instance, call); });
}

void Dispatcher::failWithoutHandler(MessageKind kind) {
    throw DecodeError{"", std::string{"the endpoint has no handler for "} + (kind == MessageKind::Text ? "text" : "binary") + " messages"};
}

Outcome Dispatcher::close(void* instance, const detail::CloseCall& call, Run& run) const noexcept {
    if (!model_.onClose) return Outcome::Fine;
    return guarded("the close handler", instance, call, run, [&] { return model_.onClose(instance, call); });
}

Outcome Dispatcher::task(void* instance, const detail::Call& call, Task& task, Run& run) const noexcept {
    return guarded("a task", instance, call, run, [&] {
        const detail::Labelled labelled{*call.running, taskLabel_};
        task();
        return detail::Running{};
    });
}

Outcome Dispatcher::error(void* instance, const detail::Call& call, std::exception_ptr error, Run& run) const noexcept {
    return route("the session", instance, call, std::move(error), run);
}

Outcome Dispatcher::goOn(void* instance, const detail::Call& call, Run& run) const noexcept {
    detail::Running ended = std::move(run.coroutine);
    run.coroutine = {};
    if (run.handling_) {
        run.handling_ = false;
        try {
            ended.finish(call.session);
        } catch (...) {
            logFailedHandling(std::current_exception());
        }
        const std::exception_ptr error = std::exchange(run.error_, nullptr);
        return settle(error, kindOf(error), true, run);
    }
    return guarded(run.handler_, instance, call, run, [&] {
        ended.finish(call.session);
        return detail::Running{};
    });
}

/// What a peer has done wrong is no error of ours.
log::Level Dispatcher::levelOf(Kind kind) noexcept {
    if (kind == Kind::Cancelled || kind == Kind::Closed) return log::Level::Debug;
    return kind == Kind::Decode || kind == Kind::Forbidden || kind == Kind::TooBig ? log::Level::Info : log::Level::Error;
}

Outcome Dispatcher::route(const char* handler, void* instance, const detail::Call& call, std::exception_ptr error,
                          Run& run) const noexcept {
    if (run.request) {
        run.thrown_ = error;
        run.request->handlerThrew();
        if (refusalIn(error)) {
            log(log::Level::Debug, handler, error);
            return Outcome::Fine;
        }
    }
    const Kind kind = kindOf(error);
    const bool parting = kind == Kind::Cancelled;  // the session has ended: nobody made a mistake
    detail::Running handling;
    const bool taken = !parting && handled(instance, call, error, handling);
    if (handling) {
        run.handler_ = handler;
        run.error_ = std::move(error);
        run.handling_ = true;
        run.coroutine = std::move(handling);
        return Outcome::Unfinished;
    }
    const bool refuses = run.opening_ && refusalIn(error);  // which is what the application decided
    if (!taken) log(refuses ? log::Level::Info : levelOf(kind), handler, error);
    return settle(error, kind, taken || parting, run);
}

Outcome Dispatcher::settle(const std::exception_ptr& error, Kind kind, bool taken, Run& run) noexcept {
    if (run.opening_) {
        run.error_ = error;
        return refusalIn(error) ? Outcome::CloseRefused : Outcome::CloseFailed;
    }
    if (kind == Kind::TooBig) return Outcome::CloseTooBig;
    return taken || kind == Kind::Decode || kind == Kind::Forbidden || kind == Kind::Closed ? Outcome::Fine : Outcome::CloseFailed;
}

bool Dispatcher::handled(void* instance, const detail::Call& call, const std::exception_ptr& error,
                         detail::Running& running) const noexcept {
    if (!model_.onError) return false;
    try {
        return model_.onError(instance, detail::ErrorCall{call, error}, running);
    } catch (...) {
        logFailedHandling(std::current_exception());
        return true;
    }
}

void Dispatcher::logFailedHandling(const std::exception_ptr& thrown) const noexcept {
    log(kindOf(thrown) == Kind::Cancelled ? log::Level::Debug : log::Level::Error, "the error handler", thrown);
}

void Dispatcher::log(log::Level level, const char* handler, const std::exception_ptr& error) const noexcept {
    try {
        log::write(level, model_.className, std::string{handler} + " threw " + printable(describe(error)));
    } catch (const std::bad_alloc&) {
        log::error(model_.className, "a handler threw, and there is no memory to say what");
    }
}

}  // namespace patchbay::endpoint
