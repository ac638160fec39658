#pragma once
// Executor: the server's threads for what blocks: a database, a file, a long computation.
//
// A service: an endpoint asks for an `Executor&` in its constructor. From a coroutine handler (async.hpp):
//
//     const Row row = co_await executor_.run([&] { return database_.find(wanted.title); });
//
// The handler goes on with the result where the handlers of its session run; the loop serves others meanwhile. It does not go
// on before the function has returned, so the function may refer to whatever the handler has. What nobody waits for is
// post()ed.

#include <patchbay/detail/Coroutine.hpp>
#include <patchbay/detail/Image.hpp>
#include <patchbay/task.hpp>

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace patchbay {

class TaskPool;

namespace detail {

/// What the waits for all functions have.
class RunBase : public Wait {
public:
    bool ready() const noexcept { return false; }

protected:
    explicit RunBase(std::shared_ptr<TaskPool> pool) noexcept : pool_{std::move(pool)} {}
    ~RunBase() override = default;

    void putToPool(Task task) noexcept;
    /// What the pool throws away has not run.
    static std::exception_ptr noRoom() noexcept;
    /// False when nobody waits for the function any longer: then it is not called.   Thread: the pool's.
    bool beginCall() noexcept;
    /// It has returned: the wait ends.   Thread: the pool's.
    void endCall() noexcept;

private:
    enum class Call : std::uint8_t { Waiting, UnderWay, UnderWayInVain, Over };
    bool abandon() noexcept override;

    std::shared_ptr<TaskPool> pool_;  // until it has the task, whose end may be that of this wait, on the pool's own thread
    std::atomic<Call> call_{Call::Waiting};
};

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
/// GCC 12 destroys the members of a closure or an aggregate twice when it is a temporary in an expression with co_await.
template <class F>
inline constexpr bool kSafeInAwait =
    std::is_trivially_destructible_v<F> || (std::is_default_constructible_v<F> && !std::is_aggregate_v<F>);
#else
template <class F>
inline constexpr bool kSafeInAwait = true;
#endif

/// A function with what comes of it. `F` is a reference where the function has a name, and is called where it is.
template <class F>
class RunWait final : public RunBase {
    using Value = std::remove_cvref_t<std::invoke_result_t<F>>;
    using Function =
        std::conditional_t<std::is_reference_v<F>, std::reference_wrapper<std::remove_reference_t<F>>, F>;
    static_assert(!kIsAsync<Value>, "Patchbay: executor.run(f) runs a plain function; a coroutine is awaited as it is");

public:
    RunWait(std::shared_ptr<TaskPool> pool, F&& function)
        : RunBase{std::move(pool)}, function_{std::in_place, std::forward<F>(function)} {}

    PATCHBAY_HIDDEN void start(Strand&, const std::shared_ptr<RunWait>& self) noexcept { putToPool(Task{Job{self}}); }
    Value result() {
        if (wasCancelled()) throw Cancelled{};
        return result_.take();
    }

private:
    /// What the pool gets: it runs once, or is destroyed.
    class Job {
    public:
        explicit Job(std::shared_ptr<RunWait> wait) noexcept : wait_{std::move(wait)} {}
        Job(Job&&) noexcept = default;
        Job(const Job&) = delete;
        ~Job() {
            if (wait_) wait_->refuse();
        }
        void operator()() noexcept { std::exchange(wait_, nullptr)->run(); }

    private:
        std::shared_ptr<RunWait> wait_;
    };

    void run() noexcept {
        if (!beginCall()) return function_.reset();
        try {
            if constexpr (std::is_void_v<Value>) {
                std::invoke(std::move(*function_));
            } else {
                result_.set(std::invoke(std::move(*function_)));
            }
        } catch (...) {
            result_.fail(std::current_exception());
        }
        function_.reset();
        endCall();
    }
    void refuse() noexcept {
        function_.reset();
        result_.fail(noRoom());
        end(End::Done);
    }

    std::optional<Function> function_;
    Result<Value> result_;
};

/// What run() returns, to be awaited at once or later; nothing has begun.
template <class F>
class [[nodiscard]] Run : Awaitable {
public:
    explicit Run(std::shared_ptr<RunWait<F>> wait) noexcept : wait_{std::move(wait)} {}

private:
    friend class PromiseBase;
    std::shared_ptr<RunWait<F>> wait() {
        if (!wait_) failAwaitedTwice();
        return std::move(wait_);
    }

    std::shared_ptr<RunWait<F>> wait_;
};

}  // namespace detail

/// Thread: any.
class Executor {
public:
    explicit Executor(std::shared_ptr<TaskPool> pool) noexcept : pool_{std::move(pool)} {}

    /// Runs `task` soon, on a thread that may block; what it throws is logged. False when as many wait as may, or the executor
    /// has stopped: then it is destroyed here.
    bool post(Task task) const;

    /// `co_await executor.run(f)`: calls f on a thread that may block, and is what f returns: by value, or nothing.
    /// f may refer to what the handler and its endpoint have: the handler does not go on before f has returned, not even when
    /// the session ends. But an f that has not begun by then is not called; what must be done even then is post()ed.
    /// Owns: a temporary f, destroyed as soon as it has returned; one with a name is called where it is, and stays there.
    /// Errors: what f throws; QueueFull, and f is not called; Cancelled, and f was called or not.
    template <class F>
        requires std::invocable<F>
    PATCHBAY_HIDDEN detail::Run<F> run(F&& f) const {
        static_assert(std::is_reference_v<F> || detail::kSafeInAwait<F>,
                      "Patchbay: GCC 12 destroys twice what this function holds by value, when it is a temporary within co_await; "
                      "capture by reference, [&], which is safe here, or give it a name and pass that: executor.run(f)");
        return detail::Run<F>{detail::makeWait<detail::RunWait<F>>(pool_, std::forward<F>(f))};
    }

    /// How many tasks have not begun.
    std::size_t waiting() const noexcept;

private:
    std::shared_ptr<TaskPool> pool_;
};

}  // namespace patchbay
