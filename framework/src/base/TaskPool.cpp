#include "base/TaskPool.hpp"

#include "base/Guarded.hpp"

#include <utility>

namespace patchbay {
namespace {

thread_local const void* innermost = nullptr;  // a Working

}  // namespace

TaskPool::Working::Working(const TaskPool& pool, detail::RunningSlot& running) noexcept
    : pool_{pool}, outer_{static_cast<const Working*>(std::exchange(innermost, this))}, slot_{running} {}
TaskPool::Working::~Working() { innermost = outer_; }

bool TaskPool::worksHere() const noexcept {
    for (const auto* working = static_cast<const Working*>(innermost); working; working = working->outer_) {
        if (&working->pool_ == this) return true;
    }
    return false;
}

void TaskPool::run(Task task, detail::RunningSlot& running) const noexcept {
    const Working working{*this, running};
    Task mine{std::move(task)};  // destroyed before this thread stops working for the pool
    guarded("patchbay", "a task", [&] { mine(); });
}

}  // namespace patchbay
