#include "server/MemoryWatch.hpp"

#include "base/Log.hpp"
#include "base/MemoryReserve.hpp"

#include <algorithm>
#include <utility>

namespace patchbay::server {

void MemoryWatch::start(Loop& loop, std::size_t loopIndex) {
    loop.whenMemoryIsOut([this, loopIndex] {
        if (!waits_[loopIndex]) look(loopIndex);
    });
    watch(loop, loopIndex);
}

void MemoryWatch::watch(Loop& loop, std::size_t loopIndex) {
    const bool isUrgent = isBeyond(50) || MemoryReserve::isOut();
    loop.after(isUrgent ? kUrgent : kCalm, [this, &loop, loopIndex] {
        waits_[loopIndex] = 0;
        look(loopIndex);
        watch(loop, loopIndex);
    });
}

void MemoryWatch::look(std::size_t loopIndex) {
    holders_.count(loopIndex);
    const bool isNothingLeft = noteReserve(loopIndex);
    judge();
    const unsigned shortages = shortages_.load();
    if (!isShort() && std::exchange(wentOn_[loopIndex], shortages) != shortages) holders_.goOn(loopIndex);
    if (isNothingLeft) {
        waits_[loopIndex] = shed(loopIndex, MemoryReserve::kBytes / wentOn_.size(), kLeastHeldAtTheEnd) ? 0 : 1;
    } else if (const std::size_t used = budget_->used(); isBeyond(95)) {
        shed(loopIndex, (used - std::min(used, percent(90))) / wentOn_.size(), kLeastHeld);
    }
}

bool MemoryWatch::turnsAway(Clock::time_point now) noexcept {
    if (!MemoryReserve::isOut() && lacking_.load(std::memory_order_relaxed) == 0) return false;
    if (now - letIn_ < kUrgent) return true;
    letIn_ = now;
    return false;
}

/// Whether this loop has to live on the reserve, and has none.
bool MemoryWatch::noteReserve(std::size_t loopIndex) {
    const bool lacks = MemoryReserve::isOut() && !MemoryReserve::refill();
    if (std::exchange(lacks_[loopIndex], lacks) != static_cast<char>(lacks)) lacking_.fetch_add(lacks ? 1 : -1, std::memory_order_relaxed);
    return lacks;
}

/// Whichever loop comes first: one may be held up.
void MemoryWatch::judge() {
    const bool isNothingLeft = lacking_.load(std::memory_order_relaxed) > 0;
    const bool before = isShort();
    const bool now = isNothingLeft || isBeyond(before ? 70 : 80);
    if (before == now) return;
    {
        const std::lock_guard one{judging_};
        if (isShort() == now) return;
        if (now) ++shortages_;  // before anybody waits for its end
        isShort_ = now;
        holders_.setShort(now);
    }
    if (!now) return log::warning("memory", "newcomers are served again");
    if (isNothingLeft) return log::warning("memory", "this process gets no more memory: newcomers hear 503 or nothing, and bodies wait");
    log::warning("memory", "clients have the server hold " + std::to_string(budget_->used()) + " of " + std::to_string(budget_->limit()) +
                               " bytes (server.memory): newcomers hear 503, and bodies wait");
}

/// The largest first.   Returns: whether there may be more.
bool MemoryWatch::shed(std::size_t loopIndex, std::size_t bytes, std::size_t least) {
    std::size_t freed = 0;
    for (int i = 0; i < kMostAtOnce && freed < bytes; ++i) {
        const std::size_t held = holders_.endLargest(loopIndex, least);
        if (held == 0) return false;
        freed += held;
        ended_.fetch_add(1, std::memory_order_relaxed);
    }
    return true;
}

std::string MemoryWatch::figures() const {
    std::string lines;
    const auto line = [&](const char* name, std::uint64_t value) { lines.append(name).append(" ").append(std::to_string(value)).append("\n"); };
    line("memory_budget_bytes", budget_->limit());
    line("memory_reserve_bytes", MemoryReserve::heldBytes());
    line("memory_used_bytes", budget_->used());
    line("memory_bodies_bytes", budget_->of(Held::Bodies));
    line("memory_answers_bytes", budget_->of(Held::Answers));
    line("memory_queues_bytes", budget_->of(Held::Queues));
    line("memory_messages_bytes", budget_->of(Held::Messages));
    line("memory_broadcasts_bytes", budget_->of(Held::Broadcasts));
    line("memory_connections_ended", ended_.load(std::memory_order_relaxed));
    return lines;
}

}  // namespace patchbay::server
