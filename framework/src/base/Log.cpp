#include "base/Log.hpp"

#include <atomic>
#include <cstdio>

namespace patchbay::log {
namespace {

void toStandardError(Level level, std::string_view source, std::string_view line) {
    if (level == Level::Debug) return;  // for those who ask for it: a line for each session that ends, for one
    static constexpr const char* kNames[] = {"debug", "info", "warning", "error"};
    std::fprintf(stderr, "%s %.*s: %.*s\n", kNames[static_cast<int>(level)], static_cast<int>(source.size()),
                 source.data(), static_cast<int>(line.size()), line.data());
}

std::atomic<Sink> sink{nullptr};

}  // namespace

Sink redirect(Sink next) noexcept { return sink.exchange(next); }

void write(Level level, std::string_view source, std::string_view line) noexcept {
    const Sink to = sink.load(std::memory_order_acquire);
    (to ? to : &toStandardError)(level, source, line);
}

}  // namespace patchbay::log
