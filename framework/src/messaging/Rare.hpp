#pragma once
// What most sessions never have, in one block that is made when any of it is first needed, by whatever thread: a session
// that only rests is small. Each part of a session has its section here.

#include "messaging/Belongings.hpp"
#include "messaging/Credentials.hpp"
#include "messaging/Outgoing.hpp"
#include "messaging/RateLimit.hpp"
#include "messaging/ServerState.hpp"
#include "messaging/Strand.hpp"
#include "messaging/SessionTimers.hpp"
#include "messaging/WireSession.hpp"

#include <atomic>
#include <memory>

namespace patchbay::messaging {

struct RareThings {
    Belongings belongings;
    Credentials credentials;
    Outgoing::Letters letters;
    SessionTimers::Rare timers;
    std::unique_ptr<Strand> strand;         // the loop's, as what follows
    std::unique_ptr<WireSession> wire;      // nullptr: its client speaks plainly
    RateLimit rateLimit;
    Hook<MessageToll> toll;   // nullptr: none
    TimerId rateTimer = 0;    // until it is read again; 0: it is
    std::uint8_t pauses = 0;  // why its peer is not read: SessionCore::Pause
    std::atomic<bool> receivesNot{false};  // the application has paused receiving
};

/// Thread: any.
class Rare {
public:
    Rare() noexcept = default;
    Rare(const Rare&) = delete;
    ~Rare() { delete known(); }

    /// nullptr when nothing was needed so far.
    RareThings* known() const noexcept { return things_.load(std::memory_order_acquire); }
    RareThings& get() {
        RareThings* things = known();
        return things ? *things : make();
    }

private:
    RareThings& make();

    std::atomic<RareThings*> things_{nullptr};
};

}  // namespace patchbay::messaging
