#pragma once
// A handler that has been called, and what it returns sent back: at once by a plain one, when it is done by a coroutine.

#include <patchbay/async.hpp>
#include <patchbay/bytes.hpp>
#include <patchbay/detail/TypeList.hpp>
#include <patchbay/session.hpp>

#include <concepts>
#include <coroutine>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace patchbay::detail {

template <class T>
inline constexpr bool kIsOptional = kIsA<std::optional, T>;

/// A handler's coroutine that waits, or has waited; empty when the handler has simply returned, as most do: then it is a pointer
/// that is none.
/// Owns: the coroutine, also one that waits: then its destruction takes along what it waits for.
/// Thread: the strand's.   Requires: the code of the coroutine stays mapped: the endpoint's model pins it.
class Running {
public:
    Running() noexcept = default;
    /// Begins what a handler returned; its frame is this one's, and no other is needed. Empty where it need not wait: then what it
    /// returned has been sent. `label`: what the handler is called (Labels.hpp); nullptr for what has no name.
    /// Errors: where it need not wait, what the handler threw, and what sending throws.   Requires: the strand outlives it.
    template <class T>
    static Running begin(Async<T>&& async, Strand& strand, const Session& session, const char* label) {
        const auto coroutine = async.handle_;
        if (!coroutine) return {};
        coroutine.promise().startOn(strand);
        coroutine.resume();
        if (!coroutine.done()) return Running{std::move(async), label};
        const Async<T> over{std::move(async)};
        send(session, coroutine.promise());
        return {};
    }
    Running(Running&& other) noexcept : promise_{std::exchange(other.promise_, nullptr)} {}
    Running& operator=(Running&& other) noexcept {
        Running taken{std::move(other)};
        std::swap(promise_, taken.promise_);
        return *this;
    }
    ~Running() {
        if (promise_) coroutine().destroy();
    }

    explicit operator bool() const noexcept { return promise_ != nullptr; }
    /// Requires: not empty, as for the following.
    const char* label() const noexcept { return promise_->label(); }
    /// False while it waits: its strand has the leaf.
    bool done() const noexcept { return coroutine().done(); }
    /// Sends what the handler returned.   Errors: what the handler threw, and what sending throws.   Requires: done; once.
    void finish(const Session& session) { promise_->code().finish(*promise_, session); }

private:
    template <class T>
    Running(Async<T>&& async, const char* label) noexcept
        : promise_{&std::exchange(async.handle_, nullptr).promise()} {
        promise_->belongsToHandler(kCode<T>, label);
    }

    std::coroutine_handle<> coroutine() const noexcept { return promise_->code().coroutine(*promise_); }
    template <class T>
    static Promise<T>& promiseOf(PromiseBase& promise) noexcept {
        return static_cast<Promise<T>&>(promise);
    }
    template <class T>
    static void send([[maybe_unused]] const Session& session, Promise<T>& promise) {
        if constexpr (std::is_void_v<T>) {
            promise.result().take();
        } else {
            Reply::send(session, promise.result().take());
        }
    }
    template <class T>
    static constexpr HandlerCode kCode{
        [](PromiseBase& promise) noexcept -> std::coroutine_handle<> {
            return std::coroutine_handle<Promise<T>>::from_promise(promiseOf<T>(promise));
        },
        [](PromiseBase& promise, const Session& session) { send(session, promiseOf<T>(promise)); }};

    PromiseBase* promise_ = nullptr;
};

}  // namespace patchbay::detail
