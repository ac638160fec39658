#include "http/ExchangeStrand.hpp"

#include "base/TimedTask.hpp"
#include "http/Answer.hpp"

#include <patchbay/detail/Labels.hpp>

#include <utility>

namespace patchbay::http {

ExchangeStrand::~ExchangeStrand() = default;

void ExchangeStrand::resume() noexcept {
    const auto keep = shared_from_this();
    const auto ended = std::exchange(wait_, nullptr);
    const auto leaf = std::exchange(leaf_, {});
    if (!leaf) return;
    {
        const detail::Labelled labelled{detail::runningHere(), label_};
        leaf.resume();
    }
    if (!running_.done()) return;
    const auto exchange = exchange_.lock();
    auto running = std::move(running_);
    try {
        running.finish(Session{});
    } catch (...) {
        if (exchange) exchange->answer()->fail(std::current_exception(), exchange->who());
    }
}

void ExchangeStrand::cancel() noexcept {
    cancelled_ = true;
    const auto wait = wait_;
    if (wait) wait->end(detail::Wait::End::Cancelled);
}

bool ExchangeStrand::suspend(std::coroutine_handle<> leaf, std::shared_ptr<detail::Wait> wait) noexcept {
    if (cancelled_) return false;
    leaf_ = leaf;
    wait_ = std::move(wait);
    return true;
}

void ExchangeStrand::goOn() noexcept {
    loop_->post([self = shared_from_this()] { self->resume(); });
}

Timer ExchangeStrand::after(std::chrono::milliseconds delay, Task task) {
    return Timer{LoopTask::once(loop_, delay, std::move(task), "a coroutine's timer")};
}

}  // namespace patchbay::http
