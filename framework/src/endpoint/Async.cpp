#include <patchbay/async.hpp>

#include <algorithm>
#include <stdexcept>

namespace patchbay::detail {

std::shared_ptr<SleepWait> SleepWait::make(std::chrono::milliseconds delay) { return std::make_shared<SleepWait>(delay); }

SleepWait::~SleepWait() { timer_.cancel(); }

void SleepWait::start(Strand& strand, const std::shared_ptr<SleepWait>& self) noexcept {
    if (delay_ == std::chrono::milliseconds::max()) return;
    try {
        // The timer does not hold the wait, which holds the timer.
        timer_ = strand.after(std::max(delay_, std::chrono::milliseconds::zero()), [known = std::weak_ptr{self}] {
            if (const auto wait = known.lock()) wait->end(End::Done);
        });
    } catch (...) {
        error_ = std::current_exception();
        end(End::Done);
    }
}

void SleepWait::result() {
    if (wasCancelled()) throw Cancelled{};
    if (error_) std::rethrow_exception(error_);
}

// Who awaits says so and then counts; who drops a copy counts and then asks whether one is awaited. So one of the two sees
// that nobody is left.

void CompletionBase::dropHolder() noexcept {
    if (holders_.fetch_sub(1) == 2 && awaited_.load()) breakUp();
}

void CompletionBase::await() {
    if (awaited_.exchange(true)) failAwaitedTwice();
    if (holders_.load() == 1) breakUp();
}

void CompletionBase::breakUp() noexcept {
    if (claim()) finish(std::make_exception_ptr(BrokenCompletion{}));
}

void CompletionBase::fail(std::exception_ptr error) noexcept {
    if (!claim()) return;
    if (!error) error = std::make_exception_ptr(std::invalid_argument{"Completion::fail: there is no exception"});
    finish(std::move(error));
}

void CompletionBase::finish(std::exception_ptr error) noexcept {
    error_ = std::move(error);
    end(End::Done);
}

void CompletionBase::throwIfFailed() const {
    if (wasCancelled()) throw Cancelled{};
    if (error_) std::rethrow_exception(error_);
}

}  // namespace patchbay::detail
