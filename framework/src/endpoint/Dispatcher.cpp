#include "endpoint/Dispatcher.hpp"

#include "base/Log.hpp"
#include "base/TypeName.hpp"

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

enum class Kind : std::uint8_t { Decode, TooBig, Closed, Other };

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

/// Once for each error: throwing is dear, and a peer may send what does not decode as fast as it can.
Kind kindOf(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const DecodeError&) {
        return Kind::Decode;
    } catch (const MessageTooBig&) {
        return Kind::TooBig;
    } catch (const SessionClosed&) {
        return Kind::Closed;
    } catch (...) {
        return Kind::Other;
    }
}

}  // namespace

template <class Run>
Outcome Dispatcher::guarded(const char* handler, void* instance, const detail::Call& call, Run run) const noexcept {
    try {
        run();
        return Outcome::Fine;
    } catch (...) {
        return route(handler, instance, call, std::current_exception());
    }
}

Opening Dispatcher::open(void* instance, const detail::OpenCall& call) const noexcept {
    if (!model_.onOpen) return {};
    try {
        model_.onOpen(instance, call);
        return {};
    } catch (...) {
        const std::exception_ptr error = std::current_exception();
        route("the open handler", instance, call, error);
        const Refused* const refused = refusalIn(error);
        return refused ? Opening{Outcome::CloseRefused, refused->code()} : Opening{Outcome::CloseFailed};
    }
}

Outcome Dispatcher::message(MessageKind kind, void* instance, const detail::MessageCall& call) const noexcept {
    const auto handle = kind == MessageKind::Text ? model_.onText : model_.onBinary;
    return guarded("a message handler", instance, call, [&] {
        if (!handle) {
            throw DecodeError{"", std::string{"the endpoint has no handler for "} +
                                      (kind == MessageKind::Text ? "text" : "binary") + " messages"};
        }
        handle(instance, call);
    });
}

void Dispatcher::close(void* instance, const detail::CloseCall& call) const noexcept {
    if (!model_.onClose) return;
    guarded("the close handler", instance, call, [&] { model_.onClose(instance, call); });
}

Outcome Dispatcher::task(void* instance, const detail::Call& call, Task& task) const noexcept {
    return guarded("a task", instance, call, [&] {
        const detail::Labelled labelled{*call.running, taskLabel_};
        task();
    });
}

Outcome Dispatcher::error(void* instance, const detail::Call& call, std::exception_ptr error) const noexcept {
    return route("the session", instance, call, std::move(error));
}

Outcome Dispatcher::route(const char* handler, void* instance, const detail::Call& call,
                          std::exception_ptr error) const noexcept {
    const bool taken = handled(instance, call, error);
    const Kind kind = kindOf(error);
    if (!taken) log(kind == Kind::Closed ? log::Level::Debug : log::Level::Error, handler, error);
    if (kind == Kind::TooBig) return Outcome::CloseTooBig;
    return taken || kind != Kind::Other ? Outcome::Fine : Outcome::CloseFailed;
}

bool Dispatcher::handled(void* instance, const detail::Call& call, const std::exception_ptr& error) const noexcept {
    if (!model_.onError) return false;
    try {
        return model_.onError(instance, detail::ErrorCall{call, error});
    } catch (...) {
        log(log::Level::Error, "the error handler", std::current_exception());
        return true;
    }
}

void Dispatcher::log(log::Level level, const char* handler, const std::exception_ptr& error) const noexcept {
    try {
        log::write(level, model_.className, std::string{handler} + " threw " + describe(error));
    } catch (const std::bad_alloc&) {
        log::error(model_.className, "a handler threw, and there is no memory to say what");
    }
}

}  // namespace patchbay::endpoint
