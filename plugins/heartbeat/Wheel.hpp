#pragma once
// A timer wheel: the sessions of one loop by when they are looked at next. A ring of slots, of which one is due at each
// tick; sessions that are due together cost one timer together.
//
//     slots   [ ][s s][s][ ][s s s] …      now ─┐   each tick moves on by one; what lies further ahead than the ring is
//                                  ^────────────┘   long is looked at early and put off again

#include <patchbay/session.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <list>

namespace heartbeat {

using TimePoint = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

/// A session in the wheel.
struct Watched {
    patchbay::Session session;
    std::size_t slot = 0;
    bool asked = false;
    TimePoint askedAt = {};
    TimePoint heardBefore = {};  // the last that had come when it was asked
};

/// Thread: that of its loop.
class Wheel {
public:
    using Place = std::list<Watched>::iterator;

    explicit Wheel(milliseconds tick) noexcept : tick_{tick} {}

    /// Valid until it is removed.
    Place add(const patchbay::Session& session, milliseconds delay) {
        auto& slot = slots_[now_];
        const Place place = slot.insert(slot.end(), Watched{session, now_});
        move(place, delay);
        return place;
    }
    void remove(Place place) { slots_[place->slot].erase(place); }

    /// One tick: each session that is due is given to `look`, which says when it is due again. It may not remove any.
    template <class Look>
    void turn(Look look) {
        now_ = (now_ + 1) % slots_.size();
        while (!slots_[now_].empty()) move(slots_[now_].begin(), look(slots_[now_].front()));
    }

private:
    void move(Place place, milliseconds delay) {
        const auto ticks = (delay + tick_ - milliseconds{1}) / tick_;
        const auto ahead = std::clamp<milliseconds::rep>(ticks, 1, static_cast<milliseconds::rep>(slots_.size()) - 1);
        const std::size_t slot = (now_ + static_cast<std::size_t>(ahead)) % slots_.size();
        slots_[slot].splice(slots_[slot].end(), slots_[place->slot], place);
        place->slot = slot;
    }

    const milliseconds tick_;
    std::size_t now_ = 0;
    std::array<std::list<Watched>, 256> slots_;
};

}  // namespace heartbeat
