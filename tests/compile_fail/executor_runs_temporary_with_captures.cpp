// EXPECT: capture by reference, [&], which is safe here, or give it a name and pass that: executor.run(f)
#include <patchbay/async.hpp>
#include <patchbay/executor.hpp>

#include <string>

#if defined(__clang__)
#error "Only GCC 12 is asked. Others need not say: capture by reference, [&], which is safe here, or give it a name and pass that: executor.run(f)"
#endif

patchbay::Async<std::size_t> work(patchbay::Executor& executor, std::string text) {
    co_return co_await executor.run([text] { return text.size(); });
}
