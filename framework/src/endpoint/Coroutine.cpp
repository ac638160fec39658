#include <patchbay/detail/Coroutine.hpp>

#include <stdexcept>

namespace patchbay::detail {

void Wait::begin(std::shared_ptr<Strand> strand) noexcept {
    strand_ = std::move(strand);
    State before = State::New;
    if (state_.compare_exchange_strong(before, State::Begun, std::memory_order_acq_rel, std::memory_order_acquire)) return;
    const std::shared_ptr<Strand> owner = std::move(strand_);  // it has ended already
    owner->goOn();
}

Wait::State Wait::finish(State how) noexcept {
    State before = state_.load(std::memory_order_acquire);
    while (before < State::Done) {
        if (state_.compare_exchange_weak(before, how, std::memory_order_acq_rel, std::memory_order_acquire)) break;
    }
    return before;
}

bool Wait::end(End how) noexcept { return (how == End::Done || abandon()) && endNow(how); }

bool Wait::endNow(End how) noexcept {
    const State before = finish(how == End::Done ? State::Done : State::Cancelled);
    if (before == State::Begun) {
        const std::shared_ptr<Strand> owner = std::move(strand_);
        owner->goOn();
    }
    return before < State::Done;
}

void Wait::leave() noexcept {
    abandon();
    if (finish(State::Cancelled) == State::Begun) strand_.reset();
}

bool suspend(Strand& strand, std::coroutine_handle<> leaf, const std::shared_ptr<Wait>& wait) noexcept {
    if (!strand.suspend(leaf, wait)) {
        wait->end(Wait::End::Cancelled);
        return false;
    }
    wait->begin(strand.self());
    return true;
}

void failAwaitedTwice() {
    throw std::logic_error{"Patchbay: what was awaited already, or has been moved from, is awaited"};
}

}  // namespace patchbay::detail
