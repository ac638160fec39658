#pragma once
// One topic: its members over all loops, and the one order of its messages.
//
//     publish   number, and into the queue of every loop that has a member ─┐   one step, under the lock:
//     join      member, its position, and into the queue of its loop        ├─  so each queue has the topic's one order,
//     leave     no member, and into the queue of its loop                  ─┘   and a member gets what comes after its join
//
// Each loop has a list of its members that only its thread touches; entries in the loop's queue keep it up to date, so a
// delivery needs no lock. A message may continue a batch only if that batch is still the last thing in each of those queues.
//
// A topic with history gets its numbers from the store that keeps it, and its publications as their commits happen (History). Who
// joins is told so with an entry of its loop's queue, which fixes the position as a join does, and brings what it is shown: at once where
// that is here (RecentPublications), else when the store has been read. What is published meanwhile is kept once for all who wait.
//
//     join ──┬─ it is here ──────────────────────────────▶ told: enlisted, where the topic stands, what it missed ─▶ what comes later
//            '─ waits ─ one read for all who wait ─ done ──▶
//
// A queue without room: a loop does not wait. Its members then miss the message; what they miss is one entry, whatever its
// number, and each session's policy decides what that means. Another thread waits (TopicTable).

#include "base/Loop.hpp"
#include "messaging/Broadcast.hpp"
#include "messaging/JoinedTopic.hpp"
#include "messaging/ServerState.hpp"
#include "messaging/Subscription.hpp"

#include <patchbay/history.hpp>
#include <patchbay/store.hpp>
#include <patchbay/topics.hpp>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace patchbay::messaging {

class TopicTable;

/// What of a topic is kept, and where.
struct Keeping {
    const HistoryOptions options;
    const std::string name;  ///< in the store
    const std::shared_ptr<Store> store;
    TopicRetention retention(std::chrono::system_clock::time_point now) const;
};

/// Thread: any, where nothing else is said.
class Topic : public std::enable_shared_from_this<Topic> {
public:
    /// `kept`: nullptr for a topic without history.
    Topic(std::string name, std::weak_ptr<TopicTable> table, std::shared_ptr<ServerState> server, std::unique_ptr<const Keeping> kept = nullptr);
    ~Topic();

    const std::string& name() const noexcept { return name_; }
    /// nullptr when it has gone.
    std::shared_ptr<TopicTable> table() const noexcept { return table_.lock(); }

    enum class Joining : std::uint8_t { Joined, TopicGone, SessionEnded, TooManyTopics };
    struct Joined {
        Joining outcome;
        TopicPosition position;  ///< of the last message that it does not get
    };
    /// Joining twice is joining once, with the first position.
    Joined join(const std::shared_ptr<SessionCore>& session, const Subscribing& how);
    /// True when the last member has left: the topic is gone then, and never comes back.
    bool leave(SessionCore& session);

    struct Message {
        MessageKind kind;
        Bytes payload;
        SessionId except;
        const PublicationHead* head = nullptr;  ///< nullptr: it is passing, and nobody's
    };
    enum class OnFull : std::uint8_t { Miss, Refuse };
    struct Publishing {
        TopicPosition position;          ///< zeros: nobody is there
        std::shared_ptr<Loop> full;      ///< refused: this loop's queue has no room
        std::size_t bytes = 0;           ///< as queues count them
    };
    Publishing publish(const Message& message, OnFull onFull);

    std::size_t members() const;
    bool isGone() const;

    // ---- with history ----

    bool hasHistory() const noexcept { return kept_ != nullptr; }
    /// Requires, as the following: it has a history.
    const Keeping& kept() const noexcept { return *kept_; }
    /// Of the last publication that has gone into the loops' queues; zeros: not known.
    TopicPosition position() const;
    /// Asks the store where it stands.   Requires: once.
    void open();
    /// A loop whose queue has no room for a message of so many bytes; nullptr: there is none.
    std::shared_ptr<Loop> fullLoop(std::size_t payload) const;
    /// A commit is on its way: it stays until that has ended. False when it is gone.
    bool beginPublishing();
    void endPublishing();
    /// The commit has happened: to everybody who is there, behind the one before, and endPublishing(). True when it is time to trim.
    /// Requires: in the order of the store's commits.
    bool publishKept(const Message& message, TopicPosition position, std::chrono::system_clock::time_point at);
    struct Look {
        bool trims;   ///< something may be too much
        bool isGone;  ///< it was needed no longer
    };
    /// What is here of its publications goes: it will not be asked again.
    void letGo() noexcept;
    Look lookAfter(std::chrono::system_clock::time_point now);

    // ---- for entries, on the thread of that loop ----

    /// Messages for which a loop's queue had no room.
    struct Missed {
        std::uint64_t count = 0;
        std::unordered_map<SessionId, std::uint64_t> notFor;  ///< of these, for everyone but that member
    };
    void deliver(std::size_t loop, const Broadcast& broadcast);
    void tellMissed(std::size_t loop, const Missed& missed);
    void enlist(Subscription& subscription);
    void delist(Subscription& subscription) noexcept;

private:
    class BroadcastEntry;
    class MissedEntry;
    class JoinEntry;
    class ToldEntry;
    class LeaveEntry;

    struct Member {
        SessionCore* session;
        Subscription* subscription;
        std::uint64_t tag;
    };
    struct OfLoop {
        std::uint32_t count = 0;                 // of its members
        const LoopEntry* batch = nullptr;        // of open_, in its queue
        MissedEntry* missed = nullptr;           // that waits in its queue, if `missedTakes` is still that of the queue
        std::uint64_t missedTakes = 0;
        std::vector<Member> members;             // the loop's thread's alone
    };

    static constexpr std::size_t kNoLoop = SIZE_MAX;
    struct QueueLook {
        bool continues;    // the open batch may take another message
        std::size_t full;  // a loop whose queue has no room
    };
    QueueLook lookAtQueues(std::size_t bytes, bool isOpen) const noexcept;
    bool continueBatch(Broadcast& open, const Message& message, std::size_t bytes);
    std::shared_ptr<Broadcast> startBatch(const Message& message);
    std::shared_ptr<Broadcast> intoBatch(const Message& message);
    void miss(std::size_t loop, LoopQueue::Access& queue, const Message& message);

    /// Who has joined and is not told yet.
    struct Waiting {
        Subscription* subscription;
        Subscribing how;
    };
    void tell(Subscription& subscription, const Subscribing& how);
    void tellAnew();
    void opened(TopicPosition position);
    void joinedAt(TopicPosition position) noexcept;
    bool mayTell(const Subscription& subscription, const Subscribing& how) const noexcept;
    bool canRecover(const std::optional<TopicPosition>& since) const noexcept;
    std::uint64_t shownAfter(const Subscription& subscription, const Subscribing& how) const noexcept;
    void tellWaiting();
    bool wantsRead();
    void read();

    const std::string name_;
    const std::weak_ptr<TopicTable> table_;
    const std::shared_ptr<ServerState> server_;
    const std::unique_ptr<const Keeping> kept_;  // nullptr: it has no history
    mutable std::mutex lock_;  // guards what follows
    TopicPosition last_;       // of the last message; zeros: the store has not said yet
    std::unordered_map<SessionId, std::unique_ptr<Subscription>> members_;
    std::vector<OfLoop> loops_;
    std::weak_ptr<Broadcast> open_;  // may be continued; it holds this topic, and lives in the queues
    bool gone_ = false;
    // Of one with history:
    struct History;
    std::unique_ptr<History> history_;
};

}  // namespace patchbay::messaging
