#include "base/Loop.hpp"

#include <utility>

namespace patchbay {
namespace {

// One word in the library's static block: a look at it is a load, not a call.
__attribute__((tls_model("initial-exec"))) thread_local Loop* turned = nullptr;

class PostedTask final : public LoopEntry {
public:
    explicit PostedTask(Task task) noexcept : task_{std::move(task)} {}
    void run() noexcept override { task_(); }

private:
    Task task_;
};

}  // namespace

Loop::Turning::Turning(Loop& loop) noexcept
    : before_{std::exchange(turned, &loop)}, accountBefore_{MemoryAccount::enter(&loop.memory_)}, slot_{loop.doing_.running} {}
Loop::Turning::~Turning() {
    turned = before_;
    MemoryAccount::enter(accountBefore_);
}

Loop* Loop::here() noexcept { return turned; }

bool Loop::post(Task task) { return queue_.put(std::make_unique<PostedTask>(std::move(task))); }

}  // namespace patchbay
