// Who comes when there are as many connections as there may be, and who makes room.
#include "http/Gate.hpp"

#include "transport/SocketChannel.hpp"

namespace patchbay::http {

bool GateState::isOverTheLimit() const noexcept {
    return static_cast<transport::EventLoop&>(*loops.front()).openSockets().now() > options.maxConnections;
}

/// Whether it may be served: somebody may have left, or made room, since it came.
bool Gate::hasRoom() noexcept {
    surplus_ = surplus_ && !makeRoom();
    return !surplus_;
}

/// By those of its own loop, but not by others in excess, who would be ended for nothing. False where they are too few.
bool Gate::makeRoom() noexcept {
    constexpr int kMostAtOnce = 64;
    for (int i = 0; i < kMostAtOnce && state_->isOverTheLimit(); ++i) {
        if (!evictOne(*state_, loopIndex_, Evicted::NoSurplus)) break;
    }
    return !state_->isOverTheLimit();
}

/// Those who have come in excess themselves are spared where one of them asks: their ends would not make it the room.
bool Gate::evictOne(GateState& state, std::size_t loopIndex, Evicted whom) {
    constexpr int kMostLooks = 16;
    auto& silent = state.silent[loopIndex];
    int looks = 0;
    for (auto each = silent.begin(); each != silent.end() && looks < kMostLooks; ++looks) {
        auto& place = *each++;
        Gate& oldest = place.gate;
        if (oldest.channel_->hasUnsent()) {  // it is still given its last answer, and stands in nobody's way meanwhile
            silent.splice(silent.end(), silent, silent.iterator_to(place));
            continue;
        }
        if (whom == Evicted::NoSurplus && oldest.surplus_) continue;
        oldest.channel_->closeNow();
        oldest.end();
        return true;
    }
    return false;
}

bool Gate::evictSilent(const std::shared_ptr<GateState>& state, std::size_t loopIndex) {
    if (evictOne(*state, loopIndex, Evicted::Anyone)) return true;
    evictElsewhere(state, Lacking::Descriptor, loopIndex, loopIndex + 1);
    return false;
}

/// One loop after the other, until one has somebody; who has just come may hear a 503 meanwhile. Nobody is ended for a place that
/// has become free before it is a loop's turn.
void Gate::evictElsewhere(const std::shared_ptr<GateState>& state, Lacking what, std::size_t first, std::size_t next) {
    const std::size_t index = next % state->loops.size();
    if (index == first) return;
    state->loops[index]->post([state, what, first, index] {
        if (what == Lacking::Place && !state->isOverTheLimit()) return;
        if (!evictOne(*state, index, Evicted::NoSurplus)) evictElsewhere(state, what, first, index + 1);
    });
}

std::size_t Gate::loopForSurplus(const GateState& state, std::size_t otherwise) noexcept {
    std::int32_t most = 0;
    for (std::size_t i = 0; i < state.silentCounts.size(); ++i) {
        const std::int32_t here = state.silentCounts[i].load(std::memory_order_relaxed);
        if (here <= most) continue;
        most = here;
        otherwise = i;
    }
    return otherwise;
}

}  // namespace patchbay::http
