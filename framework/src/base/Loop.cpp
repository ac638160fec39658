#include "base/Loop.hpp"

#include <utility>

namespace patchbay {
namespace {

class PostedTask final : public LoopEntry {
public:
    explicit PostedTask(Task task) noexcept : task_{std::move(task)} {}
    void run() noexcept override { task_(); }

private:
    Task task_;
};

}  // namespace

constinit thread_local Loop* Loop::turned_ = nullptr;

Loop::Turning::Turning(Loop& loop) noexcept
    : before_{std::exchange(turned_, &loop)}, accountBefore_{MemoryAccount::enter(&loop.memory_)}, slot_{loop.doing_.running} {}
Loop::Turning::~Turning() {
    turned_ = before_;
    MemoryAccount::enter(accountBefore_);
}

bool Loop::post(Task task) { return queue_.put(std::make_unique<PostedTask>(std::move(task))); }

}  // namespace patchbay
