#pragma once
// A strand that a test turns by hand, and a handler's coroutine on it.

#include "base/Doorbell.hpp"
#include "base/ManualLoop.hpp"
#include "base/TimedTask.hpp"

#include <patchbay/detail/Running.hpp>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <exception>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace patchbay::test {

/// Thread: the test's; goOn() from any.
class HandStrand final : public detail::Strand, public std::enable_shared_from_this<HandStrand> {
public:
    bool suspend(std::coroutine_handle<> leaf, std::shared_ptr<detail::Wait> wait) noexcept override {
        if (ended_) return false;
        ++suspensions;
        leaf_ = leaf;
        wait_ = std::move(wait);
        return true;
    }
    void goOn() noexcept override {
        ++goOns;
        loop->post([self = weak_from_this()] {
            const auto strand = self.lock();
            if (strand && !strand->stepwise) strand->turn();
        });
        bell_.ring();
    }
    Timer after(std::chrono::milliseconds delay, Task task) override {
        if (timersFail) throw std::bad_alloc{};
        const auto timed = std::make_shared<Timed>(loop, TimedTask::Times{onClock(delay), Clock::duration::zero()}, std::move(task));
        timed->start();
        return lastTimer = Timer{timed};
    }
    std::shared_ptr<Strand> self() noexcept override { return shared_from_this(); }

    /// The next step, where the wait has ended; the loop does it by itself unless `stepwise`.
    void turn() {
        if (goOns == steps_) return;
        ++steps_;
        wait_.reset();
        if (leaf_) std::exchange(leaf_, nullptr).resume();
    }
    void waitForGoOn() {
        const bool came = bell_.waitUntil(Doorbell::Clock::now() + std::chrono::seconds{30}, [&] { return goOns != steps_; });
        if (!came) throw std::runtime_error{"nothing went on in 30 s"};
    }
    /// The session ends: what waits is cancelled, and so is what wants to wait.
    void end() {
        ended_ = true;
        if (wait_) wait_->end(detail::Wait::End::Cancelled);
    }
    /// The coroutine has been destroyed.
    void forget() {
        leaf_ = nullptr;
        wait_.reset();
    }
    const std::shared_ptr<detail::Wait>& wait() const { return wait_; }

    const OwnLoop loop;
    std::atomic<int> goOns{0};
    int suspensions = 0;
    bool timersFail = false;
    bool stepwise = false;
    Timer lastTimer;

private:
    class Timed final : public TimedTask {
    public:
        using TimedTask::TimedTask;

    private:
        void due() noexcept override {
            Task* const task = beginRun();
            if (!task) return;
            (*task)();
            endRun();
        }
    };

    Doorbell bell_;
    int steps_ = 0;
    bool ended_ = false;
    std::coroutine_handle<> leaf_;
    std::shared_ptr<detail::Wait> wait_;
};

/// A handler's coroutine, which begins at once, on a strand of its own.
class Handler {
public:
    explicit Handler(Async<void>&& async)
        : Handler{[&async](detail::Strand& strand) { return detail::Running::begin(std::move(async), strand, {}, nullptr); }} {}
    /// `begin`: a detail::Running, begun on the strand that it is given.
    template <class Begin>
        requires std::is_invocable_r_v<detail::Running, Begin, detail::Strand&>
    explicit Handler(Begin begin) {
        try {
            running_ = begin(*strand_);
        } catch (...) {
            thrown_ = std::current_exception();
        }
    }
    Handler(const Handler&) = delete;
    ~Handler() { destroy(); }

    bool done() const { return !running_ || running_.done(); }
    void settle() { strand_->loop->settle(); }
    void advance(std::chrono::milliseconds time) { strand_->loop->advance(time); }
    /// Goes on, whoever ends the waits, until it is done.
    void complete() {
        while (!done()) {
            strand_->waitForGoOn();
            settle();
        }
    }
    void endSession() {
        strand_->end();
        settle();
    }
    void destroy() {
        running_ = {};
        strand_->forget();
    }
    /// "fine", or the text of what it has thrown; the result of one that has waited goes to `session`.
    std::string outcome(const Session& session = {}) {
        if (!done()) return "waits";
        try {
            if (thrown_) std::rethrow_exception(thrown_);
            if (running_) running_.finish(session);
            return "fine";
        } catch (const std::exception& error) {
            return error.what();
        } catch (...) {
            return "something that is no std::exception";
        }
    }
    HandStrand& strand() { return *strand_; }
    std::weak_ptr<HandStrand> weakStrand() const { return strand_; }

private:
    const std::shared_ptr<HandStrand> strand_ = std::make_shared<HandStrand>();
    detail::Running running_;
    std::exception_ptr thrown_;
};

inline const std::string kCancelled = Cancelled{}.what();

}  // namespace patchbay::test
