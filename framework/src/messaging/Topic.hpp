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
// A queue without room: a loop does not wait. Its members then miss the message; what they miss is one entry, whatever its
// number, and each session's policy decides what that means. Another thread waits (TopicTable).

#include "base/Loop.hpp"
#include "messaging/Broadcast.hpp"
#include "messaging/ServerState.hpp"
#include "messaging/Subscription.hpp"

#include <patchbay/topics.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace patchbay::messaging {

class TopicTable;

/// Thread: any, where nothing else is said.
class Topic : public std::enable_shared_from_this<Topic> {
public:
    Topic(std::string name, std::weak_ptr<TopicTable> table, std::shared_ptr<ServerState> server);
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
    Joined join(const std::shared_ptr<SessionCore>& session, std::uint64_t tag);
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
    struct Look {
        bool continues;    // the open batch may take another message
        std::size_t full;  // a loop whose queue has no room
    };
    Look lookAtQueues(std::size_t bytes, bool isOpen) const noexcept;
    bool continueBatch(Broadcast& open, const Message& message, std::size_t bytes);
    void startBatch(const Message& message);
    void miss(std::size_t loop, LoopQueue::Access& queue, SessionId except);

    const std::string name_;
    const std::weak_ptr<TopicTable> table_;
    const std::shared_ptr<ServerState> server_;
    mutable std::mutex lock_;  // guards what follows
    TopicPosition last_;       // of the last message
    std::unordered_map<SessionId, std::unique_ptr<Subscription>> members_;
    std::vector<OfLoop> loops_;
    std::weak_ptr<Broadcast> open_;  // may be continued; it holds this topic, and lives in the queues
    bool gone_ = false;
};

}  // namespace patchbay::messaging
