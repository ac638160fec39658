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

/// A handler's coroutine; empty when the handler has simply returned.
/// Owns: the coroutine, also one that waits: then its destruction takes along what it waits for.
/// Thread: the strand's.   Requires: the code of the coroutine stays mapped: the endpoint's model pins it.
class Running {
public:
    Running() noexcept = default;
    /// Of a handler that returned `async`; its frame is this one's, and no other is needed.
    /// `label`: what the handler is called (Labels.hpp); nullptr for what has no name.
    template <class T>
    explicit Running(Async<T>&& async, const char* label = nullptr) noexcept
        : code_{&kCode<T>}, coroutine_{std::exchange(async.handle_, nullptr)}, label_{label} {}
    Running(Running&& other) noexcept
        : code_{other.code_}, coroutine_{std::exchange(other.coroutine_, nullptr)}, label_{other.label_} {}
    Running& operator=(Running&& other) noexcept {
        Running taken{std::move(other)};
        std::swap(code_, taken.code_);
        std::swap(coroutine_, taken.coroutine_);
        std::swap(label_, taken.label_);
        return *this;
    }
    ~Running() {
        if (coroutine_) coroutine_.destroy();
    }

    explicit operator bool() const noexcept { return coroutine_ != nullptr; }
    const char* label() const noexcept { return label_; }
    /// The first step. What the handler throws is kept for finish().   Requires: not empty, not begun; the strand outlives it.
    void start(Strand& strand) noexcept {
        code_->startOn(coroutine_, strand);
        coroutine_.resume();
    }
    /// False while it waits: its strand has the leaf.   Requires: not empty.
    bool done() const noexcept { return coroutine_.done(); }
    /// Sends what the handler returned.   Errors: what the handler threw, and what sending throws.   Requires: done; once.
    void finish(const Session& session) { code_->finish(coroutine_, session); }

private:
    struct Code {
        void (*startOn)(std::coroutine_handle<> coroutine, Strand& strand) noexcept;
        void (*finish)(std::coroutine_handle<> coroutine, const Session& session);
    };
    template <class T>
    static Promise<T>& promiseOf(std::coroutine_handle<> coroutine) noexcept {
        return std::coroutine_handle<Promise<T>>::from_address(coroutine.address()).promise();
    }
    template <class T>
    static constexpr Code kCode{
        [](std::coroutine_handle<> coroutine, Strand& strand) noexcept { promiseOf<T>(coroutine).startOn(strand); },
        [](std::coroutine_handle<> coroutine, [[maybe_unused]] const Session& session) {
            if constexpr (std::is_void_v<T>) {
                promiseOf<T>(coroutine).result().take();
            } else {
                sendResult(session, promiseOf<T>(coroutine).result().take());
            }
        }};

    const Code* code_ = nullptr;
    std::coroutine_handle<> coroutine_;
    const char* label_ = nullptr;
};

}  // namespace patchbay::detail
