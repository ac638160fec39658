#pragma once
// The histories of a server's topics: where they are kept, in what order commits take effect, and what goes when.
//
//     commit ─▶ store ─ in the order of commits ─▶ each publication into its topic, as it is delivered ─▶ who made the commit is told
//
// The store in memory does that within the call, or, where another thread is just being told, within a moment that the caller waits for. What
// has to be on the disk is committed there by a thread of the store's, and nobody waits.

#include "base/Loop.hpp"
#include "messaging/PublicationHead.hpp"

#include <patchbay/store.hpp>
#include <patchbay/topics.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace patchbay::messaging {

class Topic;

/// A publication on its way through a store, for who is subscribed when it has happened.
struct Delivering {
    std::shared_ptr<Topic> topic;
    MessageKind kind = MessageKind::Text;
    std::string payload = {};
    SessionId except = 0;
    PublicationHead head = {};  ///< the offset comes with the commit
};

/// Thread: any, where nothing else is said.
class History : public std::enable_shared_from_this<History> {
public:
    explicit History(std::shared_ptr<Loop> loop);
    ~History();

    /// Where what is to last is kept; nullptr: nowhere.   Requires: set before the server starts.
    const std::shared_ptr<Store>& durable() const noexcept { return durable_; }
    void setDurable(std::shared_ptr<Store> store) noexcept { durable_ = std::move(store); }
    /// Puts another in the place of that in memory.   Requires: as before; it tells within its calls.
    void setMemory(std::shared_ptr<Store> store) noexcept { memory_ = std::move(store); }
    /// Where the outcomes of requests are kept: on the disk where that is possible.
    const std::shared_ptr<Store>& store() const noexcept { return durable_ ? durable_ : memory_; }
    const std::shared_ptr<Store>& memory() const noexcept { return memory_; }

    /// All of `commit`, or nothing. When it has happened `publications`, one for each of its appends and then one for each of its amends, go to
    /// their topics, and then `receiver` is told.   Requires: each topic's beginPublishing() was true.
    void commit(const std::shared_ptr<Store>& store, Commit commit, std::vector<Delivering> publications, Receiver<Committed> receiver);
    /// Commits one publication (an append, or an amend where its head says so) in its topic's store.
    /// Errors: StoreError where that is in memory; else who awaits is told.
    Publishing publish(Delivering publication, std::shared_ptr<CommitPart> with = nullptr);

    /// Lets go of what is kept in memory, and of the store on the disk.   Requires: no loop turns any more.
    void retire();
    /// From now on this topic's retention is seen to.
    void add(const std::shared_ptr<Topic>& topic);
    /// One that is being told something now may be told something else only when it has returned.
    static bool isTelling() noexcept;

private:
    struct Telling;
    void lookAfter();
    void lookAgain();
    void sweep(std::chrono::system_clock::time_point now);
    void noteOutcome(const std::exception_ptr& error) noexcept;
    std::vector<std::shared_ptr<Topic>> topics();

    const std::shared_ptr<Loop> loop_;
    std::shared_ptr<Store> memory_;
    std::shared_ptr<Store> durable_;
    std::atomic<bool> fails_{false};
    std::mutex lock_;  // guards what follows
    std::vector<std::weak_ptr<Topic>> topics_;
    bool looks_ = false;
    std::chrono::system_clock::time_point swept_{};
};

}  // namespace patchbay::messaging
