#include "base/LineBudget.hpp"

#include "base/KeyedHash.hpp"

#include <utility>

namespace patchbay::log {

LineBudget::Answer LineBudget::ask(std::string_view source, Clock::time_point now) noexcept {
    const std::lock_guard guard{lock_};
    Second& second = seconds_[KeyedTextHash{}(source) % seconds_.size()];
    if (second.begin == Clock::time_point{} || now - second.begin >= std::chrono::seconds{1}) {
        second.begin = now;
        second.lines = 0;
    }
    if (second.lines == kLinesPerSecond) {
        ++second.leftOut;
        return {};
    }
    ++second.lines;
    return {.admitted = true, .leftOut = std::exchange(second.leftOut, 0)};
}

}  // namespace patchbay::log
