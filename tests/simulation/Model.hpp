#pragma once
// What the session layer promises (framework/src/messaging/PROMISES.md), as a witness: it is told of every call and its
// outcome, and of everything that is seen, and says which promise has been broken. It is written from the promises and
// knows nothing of how the layer keeps them: no queues, no batches, no letters.
//
// All calls of a run are made one after the other, so each has a number, and everything that calls bring about at one
// session has to come in the order of their numbers. A message's payload begins with the number of its call.
//
// What it cannot know it leaves open, and takes from what is seen: when a session notices that its loop had no room for a
// message (it then "may be full"), that its peer has been silent, that its connection has gone.

#include "Script.hpp"

#include <patchbay/close.hpp>
#include <patchbay/limits.hpp>
#include <patchbay/send_status.hpp>
#include <patchbay/session.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay::simulation {

/// Which promise was broken.
enum class Rule : std::uint8_t {
    Order,       ///< a later call took effect before an earlier one
    Loss,        ///< what was accepted did not arrive, and no policy said a word
    Ghost,       ///< something arrived that nobody sent there, or twice
    Torn,        ///< a message is not what was sent
    Position,    ///< a topic's numbers have a gap, or go back
    Handlers,    ///< a handler ran beside or before another, twice, or never
    AfterClose,  ///< something of a session ran behind its end
    Reason,      ///< a session ended for another reason than the first that was given, or for none
    Status,      ///< a call said something else than what it did
    Count,       ///< a number that is told is wrong
    Task,        ///< a task or timer ran out of order, at the wrong time, or never
    Bounds,      ///< more waits than may wait, or for longer
    Thread,      ///< what is a loop's own was used by another thread
    Asleep,      ///< a loop was not woken for what waits, or never comes to rest
    Kept,        ///< something was left when everything had ended
    Crash,       ///< the run did not come to its end
};
std::string_view name(Rule rule) noexcept;

struct Fault {
    Rule rule;
    std::string text;
    std::size_t step;  ///< of the script, where it was seen
};

/// Why a session ends, as its peer and its close handler are to see it.
struct Ending {
    CloseCause cause;
    CloseCode onWire;
    CloseCode seen;
    std::string_view text;  ///< empty: whatever the framework says
};
/// The codes of the table in DESIGN and CloseTable.hpp; not of Application and Peer.
Ending endingFor(CloseCause cause, std::string_view text = {}) noexcept;

class Model {
public:
    using Id = std::uint32_t;    ///< of a session
    using Call = std::uint32_t;  ///< its place among all calls of the run, from 1
    using Time = std::chrono::steady_clock::time_point;
    /// What one message may need beside its payload while it waits for its loop: a refusal below that is none for want of room.
    static constexpr std::size_t kBesidePayload = 96;

    struct Facts {
        unsigned slot, loop, space;
        SendQueue queue;
        std::size_t maxTopics;
        bool handlesErrors;
        std::chrono::milliseconds idle;
        bool onPool = false;           ///< its handlers
        bool coroutines = false;       ///< likewise
        std::size_t receiveQueue = 0;  ///< bytes; 0: more than is ever said

        /// A handler may be under way while its loop turns.
        bool takeTime() const noexcept { return onPool || coroutines; }
    };
    enum class Part : std::uint8_t { Opened, Open, Message, Task, Error, Close, Closed };

    // ---- the run ----

    /// The first fault; what comes behind it may only follow from it.
    const std::optional<Fault>& fault() const noexcept { return fault_; }
    void fail(Rule rule, std::string text);
    void setStep(std::size_t step) noexcept { step_ = step; }
    void setNow(Time now) noexcept { now_ = now; }
    Call call() noexcept { return ++calls_; }
    /// Topics that share nothing with others'; 0 are the server's own.
    unsigned newSpace();

    // ---- a session's life ----

    Id add(const Facts& facts);
    /// What is seen of it from outside. Whoever is to make a difference says so first.
    void look(Id id, bool isOpen);
    bool hasLeft(Id id) const noexcept { return sessions_[id].left; }
    bool handlesErrors(Id id) const noexcept { return sessions_[id].facts.handlesErrors; }
    bool isOnPool(Id id) const noexcept { return sessions_[id].facts.onPool; }
    bool isHurried(Id id) const noexcept { return sessions_[id].hurried; }
    bool hasGone(Id id) const noexcept { return sessions_[id].gone; }
    bool isRunning(Id id) const noexcept { return sessions_[id].running != 0; }
    /// It closes now, if it was open, for that reason, by that call; 0: it is none.   Requires: look() before.
    void leaves(Id id, const Ending& ending, Call call = 0);
    /// It was closed before its connection was there: no handler runs, nobody is told.
    void turnedAway(Id id);
    /// Its handler has failed: it closes for that reason unless somebody closes it before.
    void fails(Id id, const Ending& ending) noexcept;
    /// Its error handler is to be called, if it has one.
    void owesError(Id id) noexcept { sessions_[id].errorsDue += sessions_[id].facts.handlesErrors ? 1 : 0; }
    /// Its peer has said more than it may: the error handler is told, where the open handler has returned by then.
    void breaksSize(Id id) noexcept;
    /// The stop has no time left: it drops the messages that no handler has begun.
    void hurried(Id id) noexcept { sessions_[id].hurried = true; }
    /// Its connection has gone without a word, and it may find out.
    void mayBeLost(Id id) noexcept { sessions_[id].mayBeLost = true; }
    /// For how long its peer has taken nothing, and has left a message unfinished, is so long now that it may end for that, or not.
    struct Late {
        bool takesNothing = false, saysNothing = false;
    };
    void isLate(Id id, Late late) noexcept { sessions_[id].late = late; }
    /// Something came from its peer.
    void touched(Id id) noexcept;
    void setIdle(Id id, std::chrono::milliseconds time) noexcept;

    void begins(Id id, Part part, bool isOpen, const CloseReason* reason = nullptr);
    void ends(Id id, Part part, bool threw);
    /// What the peer has said, in the order of `number`, which grows by one; and its handler.
    void arrived(Id id, std::uint32_t number, std::size_t bytes);
    void handles(Id id, std::uint32_t number);

    // ---- whether it receives ----

    /// It was told to receive no more. From paused() on, where nobody has said otherwise since, no message handler begins.
    void pausing(Id id, Call call) noexcept { sessions_[id].pausing = call; }
    void paused(Id id, Call call) noexcept;
    void resumed(Id id) noexcept;
    /// Its peer is not read: its silence does not count.
    void readsNot(Id id) noexcept;
    void readsAgain(Id id) noexcept;

    // ---- what is said to its peer ----

    struct Sending {
        std::size_t bytes;
        bool wasOpen;
        bool loopHasRoom;  ///< for one message more
    };
    /// A message to one session is on its way, until sent() says how it went.
    void sends(Call call) noexcept;
    void sent(Id id, const Sending& what, SendStatus status);
    /// What the carrier said to it, where it has come to it by now.
    std::optional<SendStatus> answer() const noexcept { return answer_; }
    /// It comes to the carrier, which answers.
    void entered(Id id, Call call, SendStatus answer);
    /// The carrier is told to say goodbye; `counted` messages have fallen before they came to it.
    void goodbye(Id id, CloseCode code, std::string_view text, bool atOnce, std::uint64_t counted);
    /// Its connection ends, as its peer would have it; likewise.
    void endedByPeer(Id id, std::uint64_t counted);
    /// Whatever waits for its peer may get lost, for its connection is.
    void excuse(Id id) noexcept;
    /// Everything that was on its way has arrived.
    void rests(Id id, std::uint64_t counted);

    // ---- topics ----

    struct Publication {
        unsigned space, topic;
        std::optional<Id> except;
        unsigned crowded;  ///< bits: loops that have no room for it
        bool onLoop;       ///< who publishes turns one, and does not wait
    };
    void published(Call call, const Publication& what, SendStatus status, TopicPosition position);
    enum class Joining : std::uint8_t { Joined, Closed, TooMany };
    struct Membership {
        bool global;
        unsigned topic;
    };
    void subscribed(Id id, Membership where, bool wasOpen, Joining outcome, TopicPosition position);
    void unsubscribed(Id id, Membership where) noexcept;
    void counted(unsigned space, unsigned topic, std::size_t subscribers);

    // ---- tasks ----

    void posts(Id id, Call call) { sessions_[id].tasks.push_back(call); }
    void runs(Id id, Call call);
    /// A task has gone that never ran.
    void dropped(Id id, Call call);

    // ---- the end ----

    /// How many have ended for that cause.
    std::uint64_t ended(CloseCause cause) const noexcept { return ended_[static_cast<std::size_t>(cause)]; }
    /// Every handler has run that had to.
    void finished();

private:
    struct Expected {
        Call call;
        std::uint32_t bytes;
        bool wanted;  // it has to arrive; what is published to who leaves may
        bool forOne;  // sent, not published
    };
    enum class Due : std::uint8_t { No, Maybe, Yes };
    struct Seen {
        Facts facts;
        // its life, in this order
        bool opened = false, opening = false, open = false;  // listeners told; its handler called; it has returned
        bool left = false, closed = false, gone = false;     // nothing may begin; close handler called; listeners told
        Due closeDue = Due::No;
        bool closeThrew = false, goodbyeSaid = false;
        bool mayBeFull = false, mayBeLost = false, excused = false, idleChanged = false;
        Late late;
        unsigned running = 0;    // handlers
        unsigned errorsDue = 0;  // the error handler has not been called for
        unsigned errorsPossible = 0;
        bool openThrew = false, hurried = false;
        // The pool may have an event that no handler has begun: it begins in spite of the end, or of a pause.
        bool lateEvent = false, lateMessage = false;
        Call pausing = 0;  // 0: it receives
        bool paused = false, wasPaused = false, readsNot = false;
        std::optional<Ending> ending, failing;
        Call endingCall = 0;
        std::chrono::milliseconds idle{};
        Time lastTouched{};
        Time::duration longestSilence{};
        // what it hears and says
        std::uint32_t heard = 0, handled = 0;
        std::vector<std::size_t> waiting;  // bytes of each message that was not begun
        Call lastEffect = 0, lastTask = 0;
        std::vector<Expected> expected;
        std::size_t firstExpected = 0;
        std::size_t waitingBytes = 0;            // sent and not yet there
        std::uint64_t missing = 0, refused = 0;  // accepted and not come; not accepted
        Call lastMissing = 0;
        std::vector<Call> tasks;
        std::size_t firstTask = 0;
        // topics: of its own space, and the server's; a bit for each
        std::array<std::uint32_t, 2> member{};
        std::array<std::array<TopicPosition, kTopics>, 2> joined{};

        bool expects() const noexcept { return firstExpected < expected.size(); }
    };
    struct Members {
        unsigned sure = 0, unsure = 0;  // who leaves may still be there
        unsigned loops = 0;             // bits
    };

    std::string who(Id id) const;
    bool mayBeIdle(const Seen& seen) const noexcept;
    bool mayEndFor(const Seen& seen, CloseCause cause) const noexcept;
    static bool wasLeftByPeer(const Seen& seen, std::optional<CloseCause> told) noexcept;
    static void leave(Seen& seen) noexcept;
    static bool mayEndUnseen(const Seen& seen) noexcept;
    static const Ending* reasonOf(const Seen& seen) noexcept;
    void expect(Seen& seen, const Expected& what);
    Expected pop(Seen& seen) noexcept;
    void skipUpTo(Id id, Call call);
    void checkAllCame(Id id, std::uint64_t counted);
    void checkMissing(Id id, std::uint64_t counted, bool isWrong);
    void takesEffect(Id id, Call call, std::string_view what);
    void refused(Id id, const Sending& what, SendStatus status);
    static bool isMember(const Seen& seen, unsigned space, unsigned topic) noexcept;
    Members members(unsigned space, unsigned topic) const noexcept;
    void beginsPart(Id id, Part part);
    void beginsClose(Id id, const CloseReason& reason);
    void beginsClosed(Id id, const CloseReason& reason);
    void checkReason(Id id, const CloseReason& reason);
    TopicPosition& lastOf(unsigned space, unsigned topic) { return topics_[space * kTopics + topic]; }

    std::optional<Fault> fault_;
    std::size_t step_ = 0;
    Time now_{};
    Call calls_ = 0;
    std::vector<Seen> sessions_;
    std::vector<TopicPosition> topics_;  // the last message of each; epoch 0: nobody was ever there
    std::uint64_t newestEpoch_ = 0;
    std::array<std::uint64_t, static_cast<std::size_t>(CloseCause::Shutdown) + 1> ended_{};
    // of the message that is on its way to one session
    Call sending_ = 0;
    std::optional<SendStatus> answer_;  // the carrier's, when it came to it
};

}  // namespace patchbay::simulation
