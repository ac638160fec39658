#pragma once
// Async: what a handler returns that takes its time and holds no thread meanwhile.
//
//     class Library {
//         SERVER_ENDPOINT(Library, "/library")
//     public:
//         explicit Library(Executor& executor, Catalogue& catalogue);
//
//         ON_MESSAGE(wanted)
//         Async<Found> wanted(Wanted wanted) {
//             for (int attempt = 0; attempt < 3; ++attempt) {
//                 std::optional<Book> book = co_await executor_.run([&] { return catalogue_.find(wanted.title); });
//                 if (book) co_return Found{book->shelf};
//                 co_await sleepFor(100ms);
//             }
//             co_return Found{"nowhere"};   // is sent, as what a plain handler returns
//         }
//     };
//
// A handler (ON_OPEN, ON_MESSAGE, ON_CLOSE, ON_ERROR) that returns Async is a coroutine. At a `co_await` it lets the loop go:
// other sessions are served, while this session's next message, task or close waits until the handler has ended. It goes on
// where the handlers of its session run, so the promise holds that handlers of one session never overlap, and the endpoint's
// members need no lock; but what another session may change has changed meanwhile. Never hold a lock over a `co_await`.
//
// What can be awaited:
//     another Async            a helper of one's own: `Async<Price> priceOf(std::string_view title);`
//     executor.run(f)          f on a thread that may block (executor.hpp)
//     sleepFor(d)              time
//     a Completion<T>          somebody's callback
//
// Parameters: a handler that returns Async takes everything by value, or it does not compile: what a reference names is gone
// when it goes on. A helper may take references and views of what lives in its caller: `co_await priceOf(wanted.title)`. A
// helper that is kept and awaited later must not. A lambda that is a coroutine takes what it needs as parameters: its captures
// are the lambda's, not the coroutine's.
//
// Errors: what leaves an Async is thrown where it is awaited; what leaves the handler goes to the error handler. When the
// session ends every wait throws Cancelled; destructors run, and the close handler comes after the handler's end.
//
// Cost: a coroutine that need not wait costs some tens of nanoseconds more than a plain method; its frame's memory is used
// again and again. One that waits costs its frame.
//
// C++ has no `co_await` in a catch block: note what was caught, and await behind the block.
//
// GCC 12 (Clang is fine) destroys some temporaries twice when they stand in an expression with `co_await`, without a word.
// Until it is GCC 13, such an expression holds none of these; give them a name first:
//     a struct made from its members            co_await save(Reply{name, 1});     co_return Reply{name(), co_await count()};
//     a lambda that captures objects by value   co_await each([name] { … });       executor.run() refuses it
//     a choice between objects                  co_await (old ? later() : soon()); const auto text = co_await ask() ? a + b : c;
//     a list in braces                          co_await all({1, 2});              "array used as initializer"
// So: `const Reply reply{name, 1}; co_await save(reply);` and `const int counted = co_await count(); co_return Reply{name(),
// counted};`. What a function or a constructor makes is fine wherever it stands.

#include <patchbay/detail/Coroutine.hpp>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace patchbay {

class Publishing;

/// A coroutine that comes to a T, or to nothing. It begins when it is awaited; the framework awaits that of a handler. One
/// that nobody awaits never begins.
/// Owns: the coroutine, its parameters and variables; destroyed while it waits it takes along what it awaits.
/// Thread: the strand's of the session whose handler awaits it.
template <class T>
class [[nodiscard]] Async {
public:
    using promise_type = detail::Promise<T>;

    Async(Async&& other) noexcept : handle_{std::exchange(other.handle_, nullptr)} {}
    Async& operator=(Async&& other) noexcept {
        Async taken{std::move(other)};
        std::swap(handle_, taken.handle_);
        return *this;
    }
    ~Async() {
        if (handle_) handle_.destroy();
    }

private:
    friend class detail::Promise<T>;
    friend class detail::PromiseBase;
    friend class detail::Running;
    explicit Async(std::coroutine_handle<promise_type> handle) noexcept : handle_{handle} {}
    /// Also when it has been moved from: there is nothing left to begin.
    bool hasBegun() const noexcept { return !handle_ || handle_.promise().hasBegun(); }

    std::coroutine_handle<promise_type> handle_;
};

namespace detail {

template <class T>
Async<T> Promise<T>::get_return_object() noexcept {
    return Async<T>{std::coroutine_handle<Promise>::from_promise(*this)};
}
inline Async<void> Promise<void>::get_return_object() noexcept {
    return Async<void>{std::coroutine_handle<Promise>::from_promise(*this)};
}

class SleepWait final : public Wait {
public:
    static std::shared_ptr<SleepWait> make(std::chrono::milliseconds delay);
    explicit SleepWait(std::chrono::milliseconds delay) noexcept : delay_{delay} {}
    ~SleepWait() override;
    bool ready() const noexcept { return false; }
    void start(Strand& strand, const std::shared_ptr<SleepWait>& self) noexcept;
    void result();

private:
    const std::chrono::milliseconds delay_;
    Timer timer_;
    std::exception_ptr error_;
};

class [[nodiscard]] Sleep : Awaitable {
public:
    explicit Sleep(std::chrono::milliseconds delay) noexcept : delay_{delay} {}

private:
    friend class PromiseBase;
    std::shared_ptr<SleepWait> wait() const { return SleepWait::make(delay_); }

    std::chrono::milliseconds delay_;
};

}  // namespace detail

/// `co_await sleepFor(100ms)`: goes on after that time; after none or less still at the loop's next turn, so that others get
/// theirs. `milliseconds::max()` is until the session ends.   Errors: Cancelled.
inline detail::Sleep sleepFor(std::chrono::milliseconds delay) noexcept { return detail::Sleep{delay}; }

// ------------------------------------------------------------------------------------------------ completions

namespace detail {

/// What the waits of all Completions have. There is one for each Completion and its copies, also while nobody waits.
class CompletionBase : public Wait {
public:
    // The copies there are. When the awaited one is the last nobody is left to set it.
    void addHolder() noexcept { holders_.fetch_add(1, std::memory_order_relaxed); }
    void dropHolder() noexcept;
    /// One of the copies is awaited now.   Errors: std::logic_error when one has been.
    void await();
    void fail(std::exception_ptr error) noexcept;

    bool ready() const noexcept { return hasEnded(); }

protected:
    /// True for the first who wants to say what came of it.
    bool claim() noexcept { return !claimed_.exchange(true, std::memory_order_relaxed); }
    /// Requires: claimed.
    void finish(std::exception_ptr error) noexcept;
    void throwIfFailed() const;

private:
    void breakUp() noexcept;

    std::atomic<std::uint32_t> holders_{1};
    std::atomic<bool> awaited_{false};
    std::atomic<bool> claimed_{false};
    std::exception_ptr error_;
};

template <class T>
class CompletionWait final : public CompletionBase {
public:
    void start(Strand&, const std::shared_ptr<CompletionWait>&) noexcept {}
    template <class U>
    void set(U&& value) noexcept {
        if (!claim()) return;
        try {
            value_.emplace(std::forward<U>(value));
            end(End::Done);
        } catch (...) {
            finish(std::current_exception());
        }
    }
    T result() {
        throwIfFailed();
        return std::move(value_).value();
    }

private:
    std::optional<T> value_;
};
template <>
class CompletionWait<void> final : public CompletionBase {
public:
    void start(Strand&, const std::shared_ptr<CompletionWait>&) noexcept {}
    void set() noexcept {
        if (claim()) end(End::Done);
    }
    void result() const { throwIfFailed(); }
};

}  // namespace detail

/// Makes a coroutine of a callback: hand a copy to whoever calls back, and await.
///
///     Completion<int> done;
///     library.start([done](int value) { done.set(value); });
///     const int value = co_await done;
///
/// All copies are one Completion. What is set first counts, whether before or after the await; what comes later, or after the
/// session has ended, does nothing. One that is set already is not waited for.
/// Errors, at the await: what fail() was given; Cancelled; BrokenCompletion when every copy but the awaited one is gone and
/// none was set. So a library that loses its callback hangs nobody; and so somebody who sets keeps a copy of his own, and the
/// awaited one is not a member that others set (`const auto turn = game.turn; co_await turn;`). std::logic_error at a second
/// await.
/// Thread: any; a copy is awaited in an Async.   Requires: the awaited copy stays until the await is over.
template <class T = void>
class Completion : detail::Awaitable {
    static_assert(std::is_void_v<T> || (std::is_object_v<T> && !std::is_array_v<T> && !std::is_const_v<T>),
                  "Patchbay: a Completion has a value or void: what a reference names may be gone when it is awaited");

public:
    PATCHBAY_HIDDEN Completion() : state_{detail::makeWait<detail::CompletionWait<T>>()} {}
    /// There is no move: each of them is a copy of its own.
    Completion(const Completion& other) noexcept : state_{other.state_} { state_->addHolder(); }
    Completion& operator=(const Completion& other) noexcept {
        Completion copy{other};
        state_.swap(copy.state_);
        return *this;
    }
    ~Completion() { state_->dropHolder(); }

    /// Errors: none; an exception that the value's constructor throws is what the await throws.
    template <class U = T>
        requires(!std::is_void_v<T> && std::convertible_to<U, T>)
    void set(U&& value) const noexcept {
        state_->set(std::forward<U>(value));
    }
    void set() const noexcept
        requires std::is_void_v<T>
    {
        state_->set();
    }
    /// The await throws `error`.
    void fail(std::exception_ptr error) const noexcept { state_->fail(std::move(error)); }

private:
    friend class detail::PromiseBase;
    friend class Publishing;
    const std::shared_ptr<detail::CompletionWait<T>>& wait() const {
        state_->await();
        return state_;
    }

    std::shared_ptr<detail::CompletionWait<T>> state_;
};

}  // namespace patchbay
