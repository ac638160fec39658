// What an Async may await and return, also in templates; helpers may take references and views.
#include <patchbay/async.hpp>
#include <patchbay/executor.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace app {

using namespace patchbay;

Async<std::size_t> lengthOf(std::string_view text, const Executor& executor) {
    co_return co_await executor.run([text] { return text.size(); });
}

template <class T>
Async<T> waitFor(Completion<T> done) {
    co_await sleepFor(std::chrono::seconds{1});
    co_return co_await done;
}

Async<std::unique_ptr<int>> work(Executor& executor) {
    auto later = lengthOf("text", executor);
    co_await std::move(later);
    const Completion<> told;
    told.set();
    co_await told;
    co_await executor.run([] {});
    const auto held = std::make_shared<int>(3);
    co_await executor.run([&] { return *held; });
    auto named = [held] { return *held; };
    co_await executor.run(named);
    co_return std::make_unique<int>(co_await waitFor(Completion<int>{}));
}

}  // namespace app
