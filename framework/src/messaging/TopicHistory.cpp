#include "messaging/TopicHistory.hpp"

#include "base/Log.hpp"
#include "messaging/SessionCore.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace patchbay::messaging {

/// A topic of which nothing is kept stays so long when nobody is in it: anybody can think of a name.
constexpr std::chrono::milliseconds kEmptyStays = std::chrono::minutes{1};

/// It is a member from here on, and is told what it is shown.
class Topic::ToldEntry final : public LoopEntry {
public:
    ToldEntry(Subscription& subscription, TopicPosition position, std::optional<bool> recovered, std::vector<Excerpt> publications) noexcept
        : subscription_{subscription}, position_{position}, recovered_{recovered}, publications_{std::move(publications)} {}
    void run() noexcept override {
        Topic& topic = subscription_.topic;
        if (subscription_.place == Subscription::kNowhere) topic.enlist(subscription_);
        const bool latest = topic.kept_ && topic.kept_->options.latest;
        subscription_.session.tellJoined({topic.name_, position_, recovered_, latest, publications_, subscription_.tag});
    }

private:
    Subscription& subscription_;  // the entry of its leaving, which owns it, comes later
    const TopicPosition position_;
    const std::optional<bool> recovered_;
    const std::vector<Excerpt> publications_;
};

TopicRetention Keeping::retention(std::chrono::system_clock::time_point now) const {
    using namespace std::chrono;
    const bool ages = options.age < duration_cast<milliseconds>(now.time_since_epoch());  // else for ever
    return {name, options.messages, options.bytes, ages ? now - options.age : system_clock::time_point::min()};
}

/// In the order of commits: what is published from then on comes behind.
void Topic::open() {
    {
        const std::lock_guard guard{lock_};
        if (std::exchange(history_->isOpening, true)) return;
    }
    Commit commit;
    commit.opens.push_back(kept_->name);
    kept_->store->commit(std::move(commit), [self = shared_from_this()](patchbay::Outcome<Committed> outcome) {
        TopicPosition position;
        try {
            position = outcome.take().opened.front();
        } catch (const std::exception& error) {
            log::warning("history", "where a topic stands is not known: " + std::string{error.what()});
        }
        self->opened(position);
    });
}

/// Those who came before that was known; what is published behind it they are to get.
void Topic::joinedAt(TopicPosition position) noexcept {
    for (const Waiting& one : history_->waiting) {
        if (one.subscription->joined.epoch == 0 && position.epoch == last_.epoch) one.subscription->joined = position;
    }
}

/// Zeros: it could not be opened. Who waits joins all the same, and is told anew with the first publication that is kept.
void Topic::opened(TopicPosition position) {
    bool reads = false;
    {
        const std::lock_guard guard{lock_};
        history_->isOpening = false;
        if (gone_) return;
        history_->newest = server_->loops.front()->timeOfDay();
        history_->isEmpty = position.offset == 0 && last_.offset == 0;
        if (last_.epoch == 0 && position.epoch != 0) {
            last_ = position;
            history_->recent.begin(position.offset);
        }
        joinedAt(position);
        if (last_.epoch == 0) {
            tellWaiting();
        } else {
            auto& waiting = history_->waiting;
            for (std::size_t i = waiting.size(); i-- > 0;) {  // nobody is told twice where there is no memory for the next
                if (!mayTell(*waiting[i].subscription, waiting[i].how)) continue;
                tell(*waiting[i].subscription, waiting[i].how);
                waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(i));
            }
            reads = wantsRead();
        }
    }
    if (reads) read();
}

bool Topic::canRecover(const std::optional<TopicPosition>& since) const noexcept {
    return since && last_.epoch != 0 && since->epoch == last_.epoch && since->offset <= last_.offset && last_.offset - since->offset <= kMostRecovered;
}

/// What comes behind this offset is to be shown. Behind the joining is all that was published since.
std::uint64_t Topic::shownAfter(const Subscription& subscription, const Subscribing& how) const noexcept {
    if (canRecover(how.since)) return how.since->offset;
    const std::size_t newest = kept_->options.latest ? kMostRecovered : std::min(how.last, kMostRecovered);
    return subscription.joined.offset - std::min<std::uint64_t>(subscription.joined.offset, newest);
}

/// Whether all that it is to be shown is here.
bool Topic::mayTell(const Subscription& subscription, const Subscribing& how) const noexcept {
    if (last_.epoch == 0) return false;
    const std::uint64_t after = shownAfter(subscription, how);
    return after >= last_.offset || history_->recent.has(after);
}

/// Who came back and misses more than is here, or than would go into its queue, is shown the newest and told so.
void Topic::tell(Subscription& subscription, const Subscribing& how) {
    const SessionCore& session = subscription.session;
    std::optional<bool> recovered;
    std::vector<Excerpt> runs;
    if (!kept_) {
        if (how.since) recovered = *how.since == last_;
    } else {
        const std::size_t room = session.sendQueue().bytes / 2;
        const RecentPublications& recent = history_->recent;
        const bool latest = kept_->options.latest;
        std::uint64_t after = shownAfter(subscription, how);
        const auto show = [&] {
            runs = recent.since(after);
            if (latest) runs = RecentPublications::newestOfKeys(runs);
        };
        bool all = canRecover(how.since) && (after >= last_.offset || recent.first() <= after + 1);
        show();
        if (all && RecentPublications::bytesOf(runs) > room) all = false;
        if (how.since) recovered = all;
        if (!all && canRecover(how.since)) {
            after = shownAfter(subscription, {.last = how.last});
            show();
        }
        if (!all) RecentPublications::keepNewest(runs, room);
    }
    session.loop().queue().put(std::make_unique<ToldEntry>(subscription, last_, recovered, std::move(runs)));
    loops_[session.loopIndex()].missed = nullptr;  // what is missed from here on is no longer told before it
}

/// Another history has begun: what they have seen of it is worth nothing now.
void Topic::tellAnew() {
    for (const auto& [id, subscription] : members_) {
        const auto waits = std::ranges::find(history_->waiting, subscription.get(), &Waiting::subscription);
        if (waits != history_->waiting.end()) continue;
        subscription->joined = last_;
        subscription->session.loop().queue().put(std::make_unique<ToldEntry>(*subscription, last_, false, std::vector<Excerpt>{}));
        loops_[subscription->session.loopIndex()].missed = nullptr;
    }
}

void Topic::tellWaiting() {
    auto& waiting = history_->waiting;
    for (; !waiting.empty(); waiting.pop_back()) tell(*waiting.back().subscription, waiting.back().how);
    history_->recent.keep(RecentPublications::kMostBytes);
}

/// True for who is to read: one read for all who wait.
bool Topic::wantsRead() {
    if (last_.epoch == 0 || history_->waiting.empty()) return false;
    return !std::exchange(history_->isRead, true);
}

void Topic::read() {
    kept_->store->read({.topic = kept_->name, .limit = kMostRecovered, .from = Range::From::Newest},
                       [self = shared_from_this()](patchbay::Outcome<Slice> outcome) {
                           Slice slice;
                           try {
                               slice = outcome.take();
                           } catch (const std::exception& error) {
                               log::warning("history", "a topic cannot be read: " + std::string{error.what()});
                           }
                           const std::lock_guard guard{self->lock_};
                           History& mine = *self->history_;
                           mine.isRead = false;
                           if (self->gone_) return;  // what is here would hold it
                           try {
                               if (slice.last.epoch == self->last_.epoch)
                                   mine.recent.addRead(slice, self, self->server_->loops.front()->memory().budget());
                           } catch (const std::exception& error) {
                               log::warning("history", "what was read of a topic is not shown: " + std::string{error.what()});
                           }
                           self->tellWaiting();
                       });
}

void Topic::letGo() noexcept {
    RecentPublications gone;  // destroyed without the lock: its batches hold this topic
    const std::lock_guard guard{lock_};
    std::swap(gone, history_->recent);
    gone_ = true;
}

bool Topic::beginPublishing() {
    const std::lock_guard guard{lock_};
    if (gone_) return false;
    ++history_->pending;
    return true;
}

void Topic::endPublishing() {
    const std::lock_guard guard{lock_};
    --history_->pending;
}

bool Topic::publishKept(const Message& message, TopicPosition position, std::chrono::system_clock::time_point at) {
    const std::lock_guard guard{lock_};
    History& mine = *history_;
    --mine.pending;
    if (gone_) return false;  // what is here would hold it
    const bool follows = last_.epoch == position.epoch && last_.offset + 1 == position.offset;
    if (!follows || message.head->amends != 0) {  // what is here is no longer what a store would give
        open_.reset();
        last_ = {position.epoch, position.offset - 1};
        mine.recent.begin(last_.offset);
        joinedAt(last_);
        if (!follows) tellAnew();
    }
    last_ = position;
    try {
        mine.recent.add(intoBatch(message), message.payload.size() + Broadcast::kMessageBytes);
    } catch (...) {  // no memory: not everybody has it, and with the next publication all are told anew
        open_.reset();
        --last_.offset;
        throw;
    }
    mine.recent.keep(mine.waiting.empty() ? RecentPublications::kMostBytes : RecentPublications::kMostBytesWhileRead);
    mine.newest = at;
    mine.isQuiet = mine.isEmpty = false;
    ++mine.messages;
    mine.bytes += message.payload.size() + message.head->key.size();
    const HistoryOptions& options = kept_->options;
    const bool isMuch = mine.messages > std::max<std::size_t>(64, options.messages / 4) || mine.bytes > std::max<std::size_t>(65536, options.bytes / 4);
    if (!isMuch) return false;
    mine.messages = mine.bytes = 0;
    return true;
}

/// Gone is what nobody is in, and of which nothing is kept any longer.
Topic::Look Topic::lookAfter(std::chrono::system_clock::time_point now) {
    const std::lock_guard guard{lock_};
    History& mine = *history_;
    const auto age = kept_->options.age;
    const bool isIdle = members_.empty() && mine.pending == 0 && !mine.isOpening && !mine.isRead;
    const auto since = [now](std::chrono::system_clock::time_point then) { return std::chrono::duration_cast<std::chrono::milliseconds>(now - then); };
    const bool isOld = since(mine.newest) > (mine.isEmpty ? std::min(age, kEmptyStays) : age);
    if (isIdle && (std::exchange(mine.isQuiet, true) || isOld)) {
        mine.recent.begin(last_.offset);
        open_.reset();
    }
    const bool isDue = mine.messages != 0 || since(mine.trimmed) >= std::max<std::chrono::milliseconds>(age / 8, std::chrono::seconds{10});
    if (isDue) mine.trimmed = now;
    if (isDue) mine.messages = mine.bytes = 0;
    gone_ = gone_ || (isIdle && isOld && (isDue || mine.isEmpty));
    return {isDue, gone_};
}

}  // namespace patchbay::messaging
