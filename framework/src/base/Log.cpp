#include "base/Log.hpp"

#include "base/LineBudget.hpp"
#include "base/Printable.hpp"

#include <atomic>
#include <cstdio>
#include <new>

namespace patchbay::log {
namespace {

void toStandardError(Level level, std::string_view source, std::string_view line) {
    if (level == Level::Debug) return;  // for those who ask for it: a line for each session that ends, for one
    static LineBudget budget;
    const auto [admitted, leftOut] = budget.ask(source, LineBudget::Clock::now());
    if (!admitted) return;
    if (leftOut != 0) std::fprintf(stderr, "%llu lines of this source were left out\n", static_cast<unsigned long long>(leftOut));
    static constexpr const char* kNames[] = {"debug", "info", "warning", "error"};
    std::fprintf(stderr, "%s %.*s: %.*s\n", kNames[static_cast<int>(level)], static_cast<int>(source.size()),
                 source.data(), static_cast<int>(line.size()), line.data());
}

std::atomic<Sink> sink{nullptr};

}  // namespace

Sink redirect(Sink next) noexcept { return sink.exchange(next); }

void write(Level level, std::string_view source, std::string_view line) noexcept {
    const Sink chosen = sink.load(std::memory_order_acquire);
    const Sink to = chosen ? chosen : &toStandardError;
    if (isPlain(source) && isPlain(line)) return to(level, source, line);
    try {
        to(level, printable(source), printableLines(line));
    } catch (const std::bad_alloc&) {
        to(level, "log", "a line that there was no memory to show");
    }
}

}  // namespace patchbay::log
