#pragma once
// What requests of clients of `patchbay.1` have come to: each is handled once, by whatever connection it comes and comes again.
//
//     begin(id) ─┬─ New ────── its handler runs ──┬─ commit(outcome) ── the store has it ──> recorded, and told to all who wait
//                │                                '─ abandon(): it has not happened ──> who waits begins it again
//                ├─ Waits ──── it runs already: the outcome, or that there is none, is told later
//                ├─ Recorded ─ its outcome
//                ├─ InStore ── that is on the store: it is asked
//                '─ Forgotten, Busy
//
// Outcomes are the store's; here is what its connections need of them. A client that nobody holds is forgotten here.
// Source: framework/WIRE.md §7

#include "base/KeyedHash.hpp"

#include <patchbay/store.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace patchbay::messaging {

/// Thread: any, also for what is in it.
class Once : public std::enable_shared_from_this<Once> {
public:
    class Client;
    /// That of a user's client, shared by all its connections.
    std::shared_ptr<Client> client(const ClientKey& key);
    std::size_t clients() const;

private:
    static std::string nameOf(const ClientKey& key) { return key.subject + '\n' + key.client; }  // a secret has no line feed
    void forget(const std::string& name) noexcept;

    mutable std::mutex lock_;  // guards what follows
    std::unordered_map<std::string, std::weak_ptr<Client>, KeyedTextHash, std::equal_to<>> clients_;
};

class Once::Client : public std::enable_shared_from_this<Once::Client> {
public:
    Client(std::shared_ptr<Once> all, ClientKey key) noexcept : all_{std::move(all)}, key_{std::move(key)} {}
    ~Client() { all_->forget(nameOf(key_)); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    const ClientKey& key() const noexcept { return key_; }

    /// A connection of its begins, for which what is below `next` is settled. `done(whether what the store knows is here)` is called
    /// once, here or on the store's thread.
    void open(const std::shared_ptr<Store>& store, std::uint64_t next, std::function<void(bool)> done);

    enum class Beginning : std::uint8_t { New, Waits, Recorded, InStore, Forgotten, Busy };
    /// What came of it; nullptr: nothing, it did not happen. Called on any thread.
    using Told = std::function<void(const std::string* outcome)>;
    /// `told` is asked for where it Waits. `outcome` is what is Recorded.   Requires: open() is done; New is followed by commit() or abandon().
    Beginning begin(std::uint64_t id, std::string& outcome, const std::function<Told()>& told);
    /// It has happened, and come to that: told to `told` and all who wait as soon as the store has it, which is for
    /// `committer` to see to. Where that cannot take it, all are told that it has failed, or, unless it `hasEffect`, may go another time, and nothing is
    /// recorded.
    using Committer = std::function<void(Answer answer, Receiver<Committed> receiver)>;
    void commit(const Committer& committer, std::uint64_t id, std::string outcome, Told told, bool hasEffect = false);
    void abandon(std::uint64_t id) noexcept;

private:
    /// Connections of a client that wait for one outcome: it comes back while others of it have not been missed yet. Beyond them the oldest
    /// hears nothing: busy would say that the request may be made anew.
    static constexpr std::size_t kMostWaiting = 8;
    /// Of outcomes that are kept here too.   Units: bytes.
    static constexpr std::size_t kMostBytes = 64 * 1024;

    void opened(patchbay::Outcome<Answers> answers) noexcept;
    void settleBelow(std::uint64_t next);
    void record(std::uint64_t id, const std::string& outcome);
    std::vector<Told> takeWaiting(std::uint64_t id);
    void committed(std::uint64_t id, const std::string& outcome, const Told& told, const std::string& failure);

    const std::shared_ptr<Once> all_;
    const ClientKey key_;
    std::mutex lock_;  // guards what follows
    enum class Stage : std::uint8_t { New, Reading, Known };
    Stage stage_ = Stage::New;
    std::vector<std::function<void(bool)>> opening_;
    std::map<std::uint64_t, std::vector<Told>> running_;  // with who waits for them
    std::map<std::uint64_t, std::optional<std::string>> answered_;  // nothing: the store has its outcome
    std::size_t bytes_ = 0;                                         // of those
    std::uint64_t forgotten_ = 0;                                   // up to this one
};

}  // namespace patchbay::messaging
