#include <patchbay/executor.hpp>

#include "base/TaskPool.hpp"

#include <utility>

namespace patchbay {

Executor::Executor(std::shared_ptr<TaskPool> pool) noexcept : pool_{std::move(pool)} {}
Executor::~Executor() = default;

bool Executor::post(Task task) { return pool_->tryPut(std::move(task)); }
std::size_t Executor::waiting() const noexcept { return pool_->waiting(); }

}  // namespace patchbay
