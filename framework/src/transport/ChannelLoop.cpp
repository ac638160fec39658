#include "transport/ChannelLoop.hpp"

#include <utility>

namespace patchbay::transport {

void TurnEndLink::unlink() noexcept {
    next_->previous_ = previous_;
    previous_->next_ = next_;
    next_ = previous_ = this;
}

void TurnEndLink::linkBefore(TurnEndLink& place) noexcept {
    next_ = &place;
    previous_ = std::exchange(place.previous_, this);
    previous_->next_ = this;
}

void TurnEndLink::takeOver(TurnEndLink& other) noexcept {
    if (!other.linked()) return;
    linkBefore(other);
    other.unlink();
}

void ChannelLoop::endTurn() noexcept {
    TurnEndLink ending;
    ending.takeOver(turnEnd_);
    while (ending.linked()) {
        TurnEndLink& first = ending.next();
        first.unlink();
        static_cast<TurnEndTask&>(first).onTurnEnd();
    }
}

namespace {

class Discarded final : public LoopEntry {
public:
    explicit Discarded(std::unique_ptr<TurnEndTask> task) noexcept : task_{std::move(task)} {}
    void run() noexcept override {}

private:
    const std::unique_ptr<TurnEndTask> task_;
};

}  // namespace

void ChannelLoop::discard(std::unique_ptr<TurnEndTask> task) { queue().put(std::make_unique<Discarded>(std::move(task))); }

}  // namespace patchbay::transport
