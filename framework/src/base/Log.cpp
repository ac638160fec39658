#include "base/Log.hpp"

#include "base/LineBudget.hpp"
#include "base/Printable.hpp"

#include <array>
#include <atomic>
#include <cstdio>
#include <ctime>
#include <new>

namespace patchbay::log {
namespace {

void toStandardError(Level level, std::string_view source, std::string_view line) {
    const auto text = admitted(source, line);
    if (text) std::fputs(shown(std::chrono::system_clock::now(), level, source, *text).c_str(), stderr);  // in one call: whole
}

std::atomic<Sink> sink{nullptr};
std::atomic<Level> leastShown{Level::Info};

}  // namespace

Sink redirect(Sink next, Level least) noexcept {
    leastShown.store(next ? least : Level::Info);
    return sink.exchange(next);
}

bool isRead(Level level) noexcept { return level >= leastShown.load(std::memory_order_relaxed); }

std::optional<std::string> admitted(std::string_view source, std::string_view line) {
    static LineBudget budget;
    const auto [isAdmitted, leftOut] = budget.ask(source, LineBudget::Clock::now());
    if (!isAdmitted) return std::nullopt;
    std::string text;
    text.reserve(line.size());
    for (const char c : line) text.append(c == '\n' ? "\n    " : std::string_view{&c, 1});
    if (leftOut != 0) text += " (" + std::to_string(leftOut) + " lines before this one were left out)";
    return text;
}

std::string shown(std::chrono::system_clock::time_point time, Level level, std::string_view source, std::string_view text) {
    static constexpr std::array<std::string_view, 4> kNames{"Debug", "Information", "Warning", "Error"};
    const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
    const std::time_t seconds = static_cast<std::time_t>(milliseconds / 1000);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 32> stamp{};
    const std::size_t size = std::strftime(stamp.data(), stamp.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    std::string all{stamp.data(), size};
    const std::string fraction = std::to_string(1000 + milliseconds % 1000);
    all.append(".").append(fraction, 1).append("Z ").append(kNames[static_cast<std::size_t>(level)]).append(" ");
    return all.append(source).append(": ").append(text).append("\n");
}

void write(Level level, std::string_view source, std::string_view line) noexcept {
    if (!isRead(level)) return;
    const Sink chosen = sink.load(std::memory_order_acquire);
    const Sink to = chosen ? chosen : &toStandardError;
    try {
        if (isPlain(source) && source.find('\n') == source.npos && isPlain(line)) return to(level, source, line);
        to(level, printable(source), printableLines(line));
    } catch (const std::bad_alloc&) {
        std::fputs("a line of the log that there was no memory to show\n", stderr);
    }
}

}  // namespace patchbay::log
