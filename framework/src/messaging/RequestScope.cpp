#include "messaging/RequestScope.hpp"

#include "messaging/Topic.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace patchbay::messaging {
namespace {

thread_local RequestScope* runningScope = nullptr;

}  // namespace

RequestScope* RequestScope::current() noexcept { return runningScope; }

RequestScope::Running::Running(RequestScope* scope) noexcept : before_{std::exchange(runningScope, scope)} {}
RequestScope::Running::~Running() { runningScope = before_; }

void RequestScope::sign(PublicationHead& head) const {
    head.client = you_;
    head.request = id_;
}

Publishing RequestScope::add(Delivering publication, std::shared_ptr<CommitPart> with) {
    if (with) parts_.push_back(std::move(with));
    held_.push_back({std::move(publication), {}});
    return Publishing{held_.back().done};
}

void RequestScope::drop() noexcept {
    for (const Held& one : held_) one.publication.topic->endPublishing();
    held_.clear();
    parts_.clear();
}

void RequestScope::commit(History& history, std::optional<Answer> answer, Receiver<Committed> receiver) {
    Commit commit;
    commit.answer = std::move(answer);
    commit.parts = std::exchange(parts_, {});
    std::vector<Delivering> publications;
    std::vector<Completion<TopicPosition>> done;
    const std::vector<Held> held = std::exchange(held_, {});
    for (const bool amends : {false, true}) {  // a store tells first of appends, then of amends
        for (const Held& one : held) {
            const Delivering& it = one.publication;
            if ((it.head.amends != 0) != amends) continue;
            const std::string& topic = it.topic->kept().name;
            if (amends)
                commit.amends.push_back({topic, it.head.amends, it.kind, it.payload, it.head.client, it.head.request});
            else
                commit.appends.push_back({topic, it.kind, it.payload, it.head.key, it.head.client, it.head.request});
            publications.push_back(it);
            done.push_back(one.done);
        }
    }
    history.commit(history.store(), std::move(commit), std::move(publications),
                   [done = std::move(done), receiver = std::move(receiver)](patchbay::Outcome<Committed> outcome) mutable {
                       try {
                           Committed committed = outcome.take();
                           std::vector<TopicPosition> all = committed.appended;
                           std::ranges::copy(committed.amended, std::back_inserter(all));
                           for (std::size_t one = 0; one < done.size(); ++one) done[one].set(all[one]);
                           receiver.set(std::move(committed));
                       } catch (...) {
                           for (const auto& one : done) one.fail(std::current_exception());
                           receiver.fail(std::current_exception());
                       }
                   });
}

}  // namespace patchbay::messaging
