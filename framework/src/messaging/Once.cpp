#include "messaging/Once.hpp"

#include "base/Log.hpp"
#include "wire/Writing.hpp"

#include <algorithm>
#include <utility>

namespace patchbay::messaging {

std::shared_ptr<Once::Client> Once::client(const ClientKey& key) {
    std::string name = nameOf(key);
    const std::lock_guard guard{lock_};
    auto& place = clients_[std::move(name)];
    auto known = place.lock();
    if (!known) place = known = std::make_shared<Client>(shared_from_this(), key);
    return known;
}

/// Unless another of its name has taken its place.
void Once::forget(const std::string& name) noexcept {
    const std::lock_guard guard{lock_};
    const auto found = clients_.find(name);
    if (found != clients_.end() && found->second.expired()) clients_.erase(found);
}

std::size_t Once::clients() const {
    const std::lock_guard guard{lock_};
    return clients_.size();
}

// ------------------------------------------------------------------------------------------------ a client

void Once::Client::open(const std::shared_ptr<Store>& store, std::uint64_t next, std::function<void(bool)> done) {
    std::unique_lock guard{lock_};
    settleBelow(next);
    if (stage_ == Stage::Known) {
        guard.unlock();
        return done(true);
    }
    opening_.push_back(std::move(done));
    if (std::exchange(stage_, Stage::Reading) == Stage::Reading) return;
    guard.unlock();
    store->answers(key_, [self = shared_from_this()](patchbay::Outcome<Answers> answers) { self->opened(std::move(answers)); });
}

void Once::Client::opened(patchbay::Outcome<Answers> answers) noexcept {
    bool known = false;
    std::unique_lock guard{lock_};
    try {
        const Answers all = answers.take();
        forgotten_ = std::max(forgotten_, all.forgotten);
        for (const auto& [id, outcome] : all.records) {
            if (id > forgotten_ && !answered_.contains(id)) record(id, outcome);
        }
        known = true;
    } catch (const std::exception& error) {
        log::error("wire", std::string{"what a client's requests have come to cannot be read: "} + error.what());
    }
    stage_ = known ? Stage::Known : Stage::New;
    const auto waiting = std::exchange(opening_, {});
    guard.unlock();
    for (const auto& done : waiting) done(known);
}

/// Requires: the lock is held, as for the following.
void Once::Client::settleBelow(std::uint64_t next) {
    while (!answered_.empty() && answered_.begin()->first < next) {
        bytes_ -= answered_.begin()->second.value_or("").size();
        answered_.erase(answered_.begin());
    }
    if (next > 0) forgotten_ = std::max(forgotten_, next - 1);
}

/// The store keeps as many; of a store's outcomes the texts of the highest ids are here too.
void Once::Client::record(std::uint64_t id, const std::string& outcome) {
    answered_.insert_or_assign(id, outcome);
    bytes_ += outcome.size();
    if (answered_.size() > kMostAnswers) settleBelow(std::next(answered_.begin())->first);
    for (auto each = answered_.begin(); bytes_ > kMostBytes && each != answered_.end(); ++each) {
        if (!each->second) continue;
        bytes_ -= each->second->size();
        each->second.reset();
    }
}

Once::Client::Beginning Once::Client::begin(std::uint64_t id, std::string& outcome, const std::function<Told()>& told) {
    const std::lock_guard guard{lock_};
    if (const auto running = running_.find(id); running != running_.end()) {
        running->second.push_back(told());
        if (running->second.size() > kMostWaiting) running->second.erase(running->second.begin());
        return Beginning::Waits;
    }
    if (const auto answered = answered_.find(id); answered != answered_.end()) {
        if (!answered->second) return Beginning::InStore;
        outcome = *answered->second;
        return Beginning::Recorded;
    }
    if (id <= forgotten_) return Beginning::Forgotten;
    if (running_.size() >= kMostAnswers) return Beginning::Busy;
    running_[id];
    return Beginning::New;
}

std::vector<Once::Client::Told> Once::Client::takeWaiting(std::uint64_t id) {
    const auto running = running_.extract(id);
    return running ? std::move(running.mapped()) : std::vector<Told>{};
}

void Once::Client::commit(const Committer& committer, std::uint64_t id, std::string outcome, Told told, bool hasEffect) {
    Answer answer{key_, id, 0, outcome};
    {
        const std::lock_guard guard{lock_};
        answer.next = forgotten_ + 1;
    }
    committer(std::move(answer), [self = shared_from_this(), id, outcome = std::move(outcome), told = std::move(told), hasEffect](patchbay::Outcome<Committed> done) {
        std::string failure;
        try {
            done.take();
        } catch (const StoreError& error) {
            const bool mayRepeat = error.mayPass() && !hasEffect;
            wire::writeError(failure, id, {mayRepeat ? "busy" : "failed", {}, mayRepeat});
        } catch (...) {
            wire::writeError(failure, id, {"failed"});
        }
        self->committed(id, outcome, told, failure);
    });
}

/// `failure`: what is told in the place of the outcome; empty: the store has it.
void Once::Client::committed(std::uint64_t id, const std::string& outcome, const Told& told, const std::string& failure) {
    std::unique_lock guard{lock_};
    if (failure.empty()) record(id, outcome);
    const auto waiting = takeWaiting(id);
    guard.unlock();
    const std::string& what = failure.empty() ? outcome : failure;
    told(&what);
    for (const auto& each : waiting) each(&what);
}

void Once::Client::abandon(std::uint64_t id) noexcept {
    std::unique_lock guard{lock_};
    const auto waiting = takeWaiting(id);
    guard.unlock();
    for (const auto& each : waiting) each(nullptr);
}

}  // namespace patchbay::messaging
