#pragma once
// The store that every server has: in memory, gone with the process.
//
// Commits come from any thread, and receivers are called within the call, so a receiver may make the next one: what it asks for is put
// behind what waits, and done by whoever is at it already. So there is one order of commits and of receivers, no recursion, and no lock is held
// around a receiver.

#include <patchbay/store.hpp>

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace patchbay::history {

/// Thread: any.
class MemoryStore final : public Store {
public:
    using WallClock = std::chrono::system_clock;
    /// `now` is for tests that turn the clock.   Thread of `now`: any.
    explicit MemoryStore(MemoryStoreOptions options, std::function<WallClock::time_point()> now = &WallClock::now);

    void commit(Commit commit, Receiver<Committed> receiver) override;
    void read(Range range, Receiver<Slice> receiver) override;
    void answers(ClientKey of, Receiver<Answers> receiver) override;
    void trim(Retention retention, Receiver<void> receiver) override;
    Health health() const override;

    /// Whether this thread is within a receiver of such a store: what it asks for there is told behind it, and is not to be waited for.
    static bool isTelling() noexcept;

private:
    struct Topic {
        std::uint64_t epoch = 0;
        std::uint64_t last = 0;
        std::size_t bytes = 0;  // of its publications, as TopicRetention counts
        WallClock::time_point touched;
        std::deque<Publication> publications;  // offsets without a gap, up to `last`
        std::uint64_t kept() const noexcept { return last + 1 - publications.size(); }
    };
    struct Recorded {
        std::string outcome;
        WallClock::time_point at;
    };
    using ClientName = std::pair<std::string, std::string>;  // subject, secret
    using Names = std::list<const ClientName*>;              // keys of clients_, that heard of longest ago first
    struct Client {
        std::map<std::uint64_t, Recorded> answers;
        std::size_t bytes = 0;  // of its outcomes alone
        std::uint64_t forgotten = 0;
        WallClock::time_point touched;
        Names::iterator place;  // in answered_, or in silent_ where it has no outcomes
    };
    using Clients = std::map<ClientName, Client>;

    template <class T, class Work>
    void does(Receiver<T> receiver, Work work);
    void tellOthers(std::unique_lock<std::mutex>& lock) noexcept;

    Committed apply(Commit& commit);
    void check(const Commit& commit) const;
    std::size_t cost(const Commit& commit) const;
    Topic& open(const std::string& name, WallClock::time_point now);
    TopicPosition append(Topic& topic, Publication publication, WallClock::time_point now);
    void record(Answer answer, WallClock::time_point now);
    Slice slice(const Range& range) const;
    Answers answersOf(const ClientKey& key) const;
    void trimNow(const Retention& retention);
    void forgetTopics(WallClock::time_point emptySince, WallClock::time_point unusedSince);
    void forgetAnswers(const Retention& retention);
    void trimTopic(Topic& topic, const TopicRetention& retention);
    void dropOldest(Topic& topic);
    void forget(Client& client, std::map<std::uint64_t, Recorded>::iterator upTo);
    void keepAnswers();
    void erase(Clients::iterator client);

    const MemoryStoreOptions options_;
    const std::function<WallClock::time_point()> now_;
    mutable std::mutex lock_;  // guards what follows
    std::unordered_map<std::string, Topic> topics_;
    Clients clients_;
    Names answered_;
    Names silent_;
    std::size_t bytes_ = 0;         // that topics take, as MemoryStoreOptions counts
    std::size_t answerBytes_ = 0;   // that clients and outcomes take
    std::size_t silentBytes_ = 0;   // of these, the clients of silent_
    std::deque<Task> told_;  // receivers that are due, in the order of what they are told
    bool telling_ = false;   // somebody is at it
};

}  // namespace patchbay::history
