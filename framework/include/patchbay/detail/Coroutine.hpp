#pragma once
// What coroutine handlers consist of: their frames, what they wait for, and the strand on which they go on.
//
//     a handler's Async  ──co_await──>  an Async  ──co_await──>  …  ──co_await──>  a Wait (the leaf's)
//
// One strand, one step at a time: a step begins with Running::begin() or with resume() of the leaf, and ends when that
// returns: the outermost Async is done, or its leaf waits for something. A step that leaves it waiting is followed by exactly
// one Strand::goOn(), which may come from any thread, also before that step has ended.
//
//     Wait     New ──begin()──> Begun ──end()──> Done | Cancelled        and goOn()
//              New ──end()────> Done | Cancelled ──begin()──> the same   and goOn()
//              leave(), when the coroutine is gone: Cancelled, and no goOn()
//
// When the session ends its strand ends the wait as Cancelled, and refuses further ones. A function on the executor that is
// being called is not left alone with references to what is no more: that wait ends when the function has returned.
//
// Whoever destroys an Async that waits destroys those that it awaits with it, and the wait leaves; what was waited for may
// still come, and finds nobody. To destroy one safely: end its wait as Cancelled, and if it has not ended then (hasEnded()),
// leave it: the wait owns the strand, and goOn() will come.
//
// Nothing here is thread-local or static: such variables live in the framework's library (FramePool.cpp), not in a copy of
// each library that has coroutines.

#include <patchbay/detail/Image.hpp>
#include <patchbay/errors.hpp>
#include <patchbay/services.hpp>
#include <patchbay/task.hpp>
#include <patchbay/timer.hpp>

#include <atomic>
#include <chrono>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace patchbay {

class Session;
template <class T = void>
class Async;

namespace detail {

class Running;

template <class T>
inline constexpr bool kIsAsync = false;
template <class T>
inline constexpr bool kIsAsync<Async<T>> = true;

// ------------------------------------------------------------------------------------------------ waiting

class Strand;

/// What a coroutine waits for, once. Subclasses hold what comes of it.
/// Owns: its strand, from begin() to the end. Who lets go of a strand ends its wait before, or destroys what waits.
class Wait {
public:
    enum class End : std::uint8_t { Done, Cancelled };

    Wait() noexcept = default;
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;
    virtual ~Wait() = default;

    /// The coroutine has suspended.   Thread: the strand's, once.
    void begin(std::shared_ptr<Strand> strand) noexcept;
    /// Only the first call counts: then true, and the strand goes on if the wait has begun, or as soon as it begins. What
    /// came of it is written before. Cancelled while something is under way that may use what the coroutine has: false, and
    /// the wait ends as Cancelled when that is over.   Thread: any; the caller owns a share.
    bool end(End how) noexcept;
    /// The coroutine is gone, or has gone on: from here on end() does nothing.   Thread: the strand's.
    void leave() noexcept;
    bool hasEnded() const noexcept { return state_.load(std::memory_order_acquire) >= State::Done; }
    bool wasCancelled() const noexcept { return state_.load(std::memory_order_acquire) == State::Cancelled; }

protected:
    /// end(), whatever abandon() says.
    bool endNow(End how) noexcept;

private:
    enum class State : std::uint8_t { New, Begun, Done, Cancelled };
    /// The state before, or what it has ended as already.
    State finish(State how) noexcept;
    /// Called before the wait ends as Cancelled: nothing more is to begin. False when something is under way: then the
    /// subclass ends the wait when that is over.   Thread: any, also several times.
    virtual bool abandon() noexcept { return true; }

    std::atomic<State> state_{State::New};
    std::shared_ptr<Strand> strand_;  // belongs to whoever brings about Begun, then to whoever brings about the end
};

/// Where a coroutine goes on. A session is one; a test has one of its own.
class Strand {
public:
    Strand() noexcept = default;
    Strand(const Strand&) = delete;
    Strand& operator=(const Strand&) = delete;
    virtual ~Strand() = default;

    /// The coroutine suspends at `leaf` until `wait` ends. False when the session has ended: then it does not suspend and
    /// throws Cancelled. Called last but for what begins the wait; nothing but the end of the step may resume or destroy
    /// the coroutine from here on.   Thread: the strand's, within a step.
    virtual bool suspend(std::coroutine_handle<> leaf, std::shared_ptr<Wait> wait) noexcept = 0;
    /// The wait has ended: `leaf.resume()` is to be called on the strand, soon, and not before the step that suspended has
    /// ended. Once for each suspension; none after the coroutine was destroyed, unless the wait was just ending.
    /// Thread: any.
    virtual void goOn() noexcept = 0;
    /// Runs `task` once after `delay`, never within this call.   Units: not negative.   Thread: the strand's.
    virtual Timer after(std::chrono::milliseconds delay, Task task) = 0;
    virtual std::shared_ptr<Strand> self() noexcept = 0;
};

/// A wait whose code stays mapped until the last owner has let go of it, whoever that is.
template <class W, class... As>
PATCHBAY_HIDDEN std::shared_ptr<W> makeWait(As&&... as) {
    auto wait = std::make_shared<W>(std::forward<As>(as)...);
    W* const object = wait.get();
    return {pinned(std::move(wait), thisImage()), object};
}

/// Suspends `leaf`: true, and the wait has begun. False when the session has ended, and the wait with it.
bool suspend(Strand& strand, std::coroutine_handle<> leaf, const std::shared_ptr<Wait>& wait) noexcept;

/// Base of what can be awaited beside an Async. Each has `wait()`, for PromiseBase alone: the W below.
struct Awaitable {};

/// Awaits a W, a Wait that has
///     bool ready() const noexcept                             nothing need be waited for
///     void start(Strand&, const std::shared_ptr<W>&) noexcept   begins what is waited for; the wait has begun
///     T result()                                              what came of it, or throws
template <class W>
class WaitAwaiter {
public:
    WaitAwaiter(std::shared_ptr<W> wait, Strand& strand) noexcept : wait_{std::move(wait)}, strand_{strand} {}
    WaitAwaiter(const WaitAwaiter&) = delete;
    WaitAwaiter& operator=(const WaitAwaiter&) = delete;
    ~WaitAwaiter() { wait_->leave(); }

    bool await_ready() const noexcept { return wait_->ready(); }
    bool await_suspend(std::coroutine_handle<> leaf) const noexcept {
        if (!suspend(strand_, leaf, wait_)) return false;
        wait_->start(strand_, wait_);
        return true;
    }
    auto await_resume() const { return wait_->result(); }

private:
    const std::shared_ptr<W> wait_;
    Strand& strand_;
};

// ------------------------------------------------------------------------------------------------ coroutines

/// Memory for a coroutine's frame. Each thread keeps what it gives back, by size, for the next frame: 16 KiB of each size,
/// half a MiB in all; frames over 2 KiB, and what is too much, are the heap's. One thread may take what another gives.
/// Thread: any; no locks.
void* allocateFrame(std::size_t bytes);
void freeFrame(void* frame, std::size_t bytes) noexcept;

/// What came of something: a value or an exception.
template <class T>
class Result {
public:
    /// Errors: what making a T of it throws.
    template <class U>
    void set(U&& value) {
        value_.emplace(std::forward<U>(value));
    }
    void fail(std::exception_ptr error) noexcept { error_ = std::move(error); }
    /// The value, or throws the exception.   Requires: once.
    T take() {
        if (error_) std::rethrow_exception(std::move(error_));
        return std::move(value_).value();
    }

private:
    std::optional<T> value_;
    std::exception_ptr error_;
};
template <>
class Result<void> {
public:
    void fail(std::exception_ptr error) noexcept { error_ = std::move(error); }
    void take() {
        if (error_) std::rethrow_exception(std::move(error_));
    }

private:
    std::exception_ptr error_;
};

[[noreturn]] void failAwaitedTwice();

template <class T>
class Promise;

/// Awaits an Async: begins it, and goes on when it is done.
///
/// It is begun by a call and not by symmetric transfer, which without optimisation GCC makes a call that does not return: a
/// loop over Asyncs that need not wait would use up the stack. So that they may be many, an Async that has waited goes on
/// with its parent by symmetric transfer.
template <class T>
class AsyncAwaiter {
public:
    explicit AsyncAwaiter(std::coroutine_handle<Promise<T>> child) noexcept : child_{child} {}

    bool await_ready() const noexcept { return false; }
    template <class Parent>
    bool await_suspend(std::coroutine_handle<Parent> parent) const noexcept {
        Promise<T>& promise = child_.promise();
        promise.startOn(parent.promise().strand());
        child_.resume();
        if (child_.done()) return false;
        promise.goOnWith(parent);
        return true;
    }
    T await_resume() const { return child_.promise().result().take(); }

private:
    std::coroutine_handle<Promise<T>> child_;
};

struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> done) const noexcept {
        const std::coroutine_handle<> parent = done.promise().parent();
        return parent ? parent : std::noop_coroutine();
    }
    void await_resume() const noexcept {}
};

class PromiseBase;

/// What a handler's coroutine needs of its type.
struct HandlerCode {
    std::coroutine_handle<> (*coroutine)(PromiseBase& promise) noexcept;
    void (*finish)(PromiseBase& promise, const Session& session);  // sends what it has returned
};

/// What the promises of all Asyncs have.   Thread: the strand's, once it has begun.
class PromiseBase {
public:
    // NOLINTNEXTLINE(misc-new-delete-overloads): the one with a size is its match
    static void* operator new(std::size_t bytes) { return allocateFrame(bytes); }
    static void operator delete(void* frame, std::size_t bytes) noexcept { freeFrame(frame, bytes); }

    std::suspend_always initial_suspend() const noexcept { return {}; }
    FinalAwaiter final_suspend() const noexcept { return {}; }

    /// What may be awaited: an Async, or one of the Awaitables.
    template <class A>
    auto await_transform(A&& awaited) {
        using T = std::remove_cvref_t<A>;
        if constexpr (kIsAsync<T>) {
            static_assert(!std::is_lvalue_reference_v<A>,
                          "Patchbay: an Async is awaited once, and its result is moved out of it: co_await std::move(it)");
            if (awaited.hasBegun()) failAwaitedTwice();
            return AsyncAwaiter{awaited.handle_};
        } else if constexpr (std::is_base_of_v<Awaitable, T>) {
            return WaitAwaiter{awaited.wait(), strand()};
        } else {
            static_assert(std::is_base_of_v<Awaitable, T>,
                          "Patchbay: an Async awaits another Async, executor.run(f), sleepFor(d) or a Completion; for anything "
                          "else let its callback set() a Completion, and await that");
            return std::suspend_never{};
        }
    }

    bool hasBegun() const noexcept { return strand_ != nullptr; }
    Strand& strand() const noexcept { return *strand_; }
    void startOn(Strand& strand) noexcept { strand_ = &strand; }
    /// Who goes on when this is done; null for the outermost, and for one that was done before it suspended.
    std::coroutine_handle<> parent() const noexcept { return parent_; }
    void goOnWith(std::coroutine_handle<> parent) noexcept { parent_ = parent; }

    // ---- the outermost's ----

    void belongsToHandler(const HandlerCode& code, const char* label) noexcept {
        code_ = &code;
        label_ = label;
    }
    const HandlerCode& code() const noexcept { return *code_; }
    const char* label() const noexcept { return label_; }

private:
    const HandlerCode* code_ = nullptr;
    const char* label_ = nullptr;
    Strand* strand_ = nullptr;
    std::coroutine_handle<> parent_;
};

template <class T>
class Promise : public PromiseBase {
public:
    static_assert(std::is_object_v<T> && !std::is_array_v<T> && !std::is_const_v<T>,
                  "Patchbay: an Async returns a value or void: what a reference names may be gone when it is done");

    Async<T> get_return_object() noexcept;
    template <class U = T>
        requires std::convertible_to<U, T>
    void return_value(U&& value) {
        result_.set(std::forward<U>(value));
    }
    void unhandled_exception() noexcept { result_.fail(std::current_exception()); }
    Result<T>& result() noexcept { return result_; }

private:
    Result<T> result_;
};
template <>
class Promise<void> : public PromiseBase {
public:
    Async<void> get_return_object() noexcept;
    void return_void() const noexcept {}
    void unhandled_exception() noexcept { result_.fail(std::current_exception()); }
    Result<void>& result() noexcept { return result_; }

private:
    Result<void> result_;
};

}  // namespace detail
}  // namespace patchbay
