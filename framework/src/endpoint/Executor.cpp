#include <patchbay/executor.hpp>

#include "base/TaskPool.hpp"

#include <patchbay/errors.hpp>

namespace patchbay {

namespace detail {

void RunBase::putToPool(Task task) noexcept {
    const std::shared_ptr<TaskPool> pool = std::move(pool_);
    try {
        pool->tryPut(std::move(task));
    } catch (...) {  // no memory: as when there is no room, the task is destroyed and says so
    }
}

std::exception_ptr RunBase::noRoom() noexcept {
    return std::make_exception_ptr(QueueFull{"the executor has no room for another task, or has stopped"});
}

bool RunBase::beginCall() noexcept {
    Call before = Call::Waiting;
    return call_.compare_exchange_strong(before, Call::UnderWay);
}

void RunBase::endCall() noexcept {
    endNow(call_.exchange(Call::Over) == Call::UnderWayInVain ? End::Cancelled : End::Done);
}

bool RunBase::abandon() noexcept {
    Call before = Call::Waiting;
    if (call_.compare_exchange_strong(before, Call::Over)) return true;  // it will not be called
    if (before == Call::UnderWay) call_.compare_exchange_strong(before, Call::UnderWayInVain);
    return before == Call::Over;
}

}  // namespace detail

bool Executor::post(Task task) const { return pool_->tryPut(std::move(task)); }

std::size_t Executor::waiting() const noexcept { return pool_->waiting(); }

}  // namespace patchbay
