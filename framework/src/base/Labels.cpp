#include <patchbay/detail/Labels.hpp>

#include <mutex>
#include <string>
#include <unordered_set>

namespace patchbay::detail {
namespace {

struct Labels {
    std::mutex lock;
    std::unordered_set<std::string> texts;  // each where it was put, however many come
};

/// Never destroyed: threads that a stop has given up on may run beyond main().
Labels& labels() {
    static auto& all = *new Labels;
    return all;
}

}  // namespace

const char* internLabel(std::string_view text) {
    Labels& all = labels();
    const std::lock_guard guard{all.lock};
    return all.texts.emplace(text).first->c_str();
}

}  // namespace patchbay::detail
