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

template <class T>
void sendResult(const Session& session, const T& result) {
    if constexpr (kIsOptional<T>) {
        if (result) sendResult(session, *result);
    } else if constexpr (std::convertible_to<const T&, std::string_view>) {
        session.send(std::string_view{result});
    } else if constexpr (std::convertible_to<const T&, Bytes>) {
        session.send(Bytes{result});
    } else {
        session.send(result);
    }
}

/// A handler's coroutine; empty when the handler has simply returned, as most do: then it is a pointer that is none.
/// Owns: the coroutine, also one that waits: then its destruction takes along what it waits for.
/// Thread: the strand's.   Requires: the code of the coroutine stays mapped: the endpoint's model pins it.
class Running {
public:
    Running() noexcept = default;
    /// Of a handler that returned `async`; its frame is this one's, and no other is needed.
    /// `label`: what the handler is called (Labels.hpp); nullptr for what has no name.
    template <class T>
    explicit Running(Async<T>&& async, const char* label = nullptr) noexcept {
        const auto coroutine = std::exchange(async.handle_, nullptr);
        if (!coroutine) return;
        promise_ = &coroutine.promise();
        promise_->belongsToHandler(kCode<T>, label);
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
    /// The first step. What the handler throws is kept for finish().   Requires: not begun; the strand outlives it.
    void start(Strand& strand) noexcept {
        promise_->startOn(strand);
        coroutine().resume();
    }
    /// False while it waits: its strand has the leaf.
    bool done() const noexcept { return coroutine().done(); }
    /// Sends what the handler returned.   Errors: what the handler threw, and what sending throws.   Requires: done; once.
    void finish(const Session& session) { promise_->code().finish(*promise_, session); }

private:
    std::coroutine_handle<> coroutine() const noexcept { return promise_->code().coroutine(*promise_); }
    template <class T>
    static Promise<T>& promiseOf(PromiseBase& promise) noexcept {
        return static_cast<Promise<T>&>(promise);
    }
    template <class T>
    static constexpr HandlerCode kCode{
        [](PromiseBase& promise) noexcept -> std::coroutine_handle<> {
            return std::coroutine_handle<Promise<T>>::from_promise(promiseOf<T>(promise));
        },
        [](PromiseBase& promise, [[maybe_unused]] const Session& session) {
            if constexpr (std::is_void_v<T>) {
                promiseOf<T>(promise).result().take();
            } else {
                sendResult(session, promiseOf<T>(promise).result().take());
            }
        }};

    PromiseBase* promise_ = nullptr;
};

}  // namespace patchbay::detail
