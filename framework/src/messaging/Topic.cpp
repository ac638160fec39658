#include "messaging/Topic.hpp"

#include "base/Log.hpp"
#include "messaging/SessionCore.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace patchbay::messaging {

// ------------------------------------------------------------------------------------------------ entries

class Topic::BroadcastEntry final : public LoopEntry {
public:
    BroadcastEntry(std::shared_ptr<Broadcast> broadcast, LoopQueue& queue, std::size_t index) noexcept
        : broadcast_{std::move(broadcast)}, queue_{queue}, index_{index} {}
    ~BroadcastEntry() override {
        broadcast_->seal();
        queue_.release(broadcast_->queuedBytes());
    }
    void run() noexcept override {
        broadcast_->seal();
        broadcast_->topic()->deliver(index_, *broadcast_);
    }

private:
    const std::shared_ptr<Broadcast> broadcast_;
    LoopQueue& queue_;  // that it waits in
    const std::size_t index_;
};

class Topic::MissedEntry final : public LoopEntry {
public:
    MissedEntry(std::shared_ptr<Topic> topic, std::size_t index) noexcept : topic_{std::move(topic)}, index_{index} {}
    void run() noexcept override { topic_->tellMissed(index_, missed); }
    Missed missed;  // guarded by the queue until it is taken

private:
    const std::shared_ptr<Topic> topic_;
    const std::size_t index_;
};

class Topic::JoinEntry final : public LoopEntry {
public:
    explicit JoinEntry(Subscription& subscription) noexcept : subscription_{subscription} {}
    void run() noexcept override { subscription_.topic.enlist(subscription_); }

private:
    Subscription& subscription_;  // the entry of its leaving, which owns it, comes later
};

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

class Topic::LeaveEntry final : public LoopEntry {
public:
    LeaveEntry(std::unique_ptr<Subscription> subscription, std::shared_ptr<SessionCore> session)
        : topic_{subscription->topic.shared_from_this()}, session_{std::move(session)}, subscription_{std::move(subscription)} {}
    void run() noexcept override { topic_->delist(*subscription_); }

private:
    const std::shared_ptr<Topic> topic_;
    const std::shared_ptr<SessionCore> session_;  // until no delivery looks for it
    const std::unique_ptr<Subscription> subscription_;
};

// ------------------------------------------------------------------------------------------------ members

/// A topic of which nothing is kept stays so long when nobody is in it: anybody can think of a name.
constexpr std::chrono::milliseconds kEmptyStays = std::chrono::minutes{1};

struct Topic::History {
    RecentPublications recent;
    std::vector<Waiting> waiting;
    std::size_t pending = 0;   // commits that are on their way
    bool isOpening = false;    // the store has been asked where it stands
    bool isRead = false;       // a read is on its way
    std::size_t messages = 0;  // since the last trim
    std::size_t bytes = 0;
    std::chrono::system_clock::time_point newest{};   // when the newest was published, or might have been
    std::chrono::system_clock::time_point trimmed{};
    bool isQuiet = true;       // since it was last looked after
    bool isEmpty = false;      // nothing of it is kept: it is worth no more than its name
};

Topic::Topic(std::string name, std::weak_ptr<TopicTable> table, std::shared_ptr<ServerState> server, std::unique_ptr<const Keeping> kept)
    : name_{std::move(name)},
      table_{std::move(table)},
      server_{std::move(server)},
      kept_{std::move(kept)},
      last_{kept_ ? TopicPosition{} : TopicPosition{server_->nextEpoch(), 0}},
      loops_(server_->loops.size()),
      history_{kept_ ? std::make_unique<History>() : nullptr} {}

Topic::~Topic() = default;

Topic::Joined Topic::join(const std::shared_ptr<SessionCore>& session, const Subscribing& how) {
    std::unique_lock guard{lock_};
    if (gone_) return {Joining::TopicGone, {}};
    auto& place = members_[session->id()];
    if (place) return {Joining::Joined, place->joined};
    place = std::make_unique<Subscription>(*this, *session, how.tag);
    Subscription& subscription = *place;
    subscription.joined = last_;
    const Belongings::Taking taken = session->rare().belongings.take(*session, subscription);
    if (taken != Belongings::Taking::Taken) {
        members_.erase(session->id());
        gone_ = members_.empty() && !kept_;
        return {taken == Belongings::Taking::Ended ? Joining::SessionEnded : Joining::TooManyTopics, {}};
    }
    Loop& loop = session->loop();
    OfLoop& mine = loops_[session->loopIndex()];
    ++mine.count;
    mine.missed = nullptr;  // whose members another entry tells
    const Joined joined{Joining::Joined, subscription.joined};
    if (kept_) {
        history_->isQuiet = false;
        if (mayTell(subscription, how)) {
            tell(subscription, how);
        } else {
            history_->waiting.push_back({&subscription, how});
        }
        const bool reads = wantsRead();
        const bool opens = last_.epoch == 0 && !history_->isOpening;
        guard.unlock();
        if (opens) open();
        if (reads) read();
        return joined;
    }
    if (how.tells) {
        tell(subscription, how);
        return joined;
    }
    if (loop.isHere() && loop.queue().idle())
        enlist(subscription);
    else
        loop.queue().put(std::make_unique<JoinEntry>(subscription));
    return joined;
}

bool Topic::leave(SessionCore& session) {
    std::unique_ptr<LoopEntry> entry;  // destroyed without the lock where its queue is closed: it may hold the session
    const std::lock_guard guard{lock_};
    const auto found = members_.find(session.id());
    if (found == members_.end()) return false;
    std::unique_ptr<Subscription> subscription = std::move(found->second);
    members_.erase(found);
    session.rare().belongings.give(*subscription);
    OfLoop& mine = loops_[session.loopIndex()];
    --mine.count;
    mine.missed = nullptr;
    Loop& loop = session.loop();
    gone_ = members_.empty() && !kept_;
    if (kept_) std::erase_if(history_->waiting, [&](const Waiting& one) { return one.subscription == subscription.get(); });
    if (loop.isHere() && loop.queue().idle()) {
        delist(*subscription);
        return gone_;
    }
    Subscription& left = *subscription;
    entry = std::make_unique<LeaveEntry>(std::move(subscription), session.shared_from_this());
    if (!loop.queue().put(entry)) delist(left);  // nothing is delivered there any more
    return gone_;
}

void Topic::enlist(Subscription& subscription) {
    auto& members = loops_[subscription.session.loopIndex()].members;
    subscription.place = static_cast<std::uint32_t>(members.size());
    members.push_back({&subscription.session, &subscription, subscription.tag});
}

void Topic::delist(Subscription& subscription) noexcept {
    if (subscription.place == Subscription::kNowhere) return;  // its loop has ended before it came to its joining
    auto& members = loops_[subscription.session.loopIndex()].members;
    members[subscription.place] = members.back();
    members[subscription.place].subscription->place = subscription.place;
    members.pop_back();
}

std::size_t Topic::members() const {
    const std::lock_guard guard{lock_};
    return members_.size();
}

TopicPosition Topic::position() const {
    const std::lock_guard guard{lock_};
    return last_;
}

bool Topic::isGone() const {
    const std::lock_guard guard{lock_};
    return gone_;
}

// ------------------------------------------------------------------------------------------------ messages

Topic::Publishing Topic::publish(const Message& message, OnFull onFull) {
    const std::size_t bytes = message.payload.size() + Broadcast::kMessageBytes, most = bytes + Broadcast::kBatchBytes;
    const std::lock_guard guard{lock_};
    if (members_.empty()) return {};
    const std::shared_ptr<Broadcast> open = open_.lock();
    const QueueLook look = lookAtQueues(most, open != nullptr);
    if (look.full != kNoLoop && onFull == OnFull::Refuse) return {{}, server_->loops[look.full], most};
    if (kept_) {  // passing: it takes no number
        if (!look.continues || !continueBatch(*open, message, bytes)) startBatch(message);
        return {};
    }
    ++last_.offset;
    if (!look.continues || !continueBatch(*open, message, bytes)) startBatch(message);
    return {last_, nullptr, 0};
}

Topic::QueueLook Topic::lookAtQueues(std::size_t bytes, bool isOpen) const noexcept {
    QueueLook look{.continues = isOpen, .full = kNoLoop};
    for (std::size_t loop = 0; loop < loops_.size(); ++loop) {
        const OfLoop& mine = loops_[loop];
        if (mine.count == 0 && !mine.batch) continue;
        const LoopQueue& queue = server_->loops[loop]->queue();
        // In each queue it must be the last thing, and no loop may have got its first member since.
        if (!mine.batch || queue.last() != mine.batch) look.continues = false;
        if (mine.count > 0 && !queue.hasRoom(bytes)) look = {.continues = false, .full = loop};
    }
    return look;
}

/// False when a loop has taken it meanwhile, or when it is large enough.
bool Topic::continueBatch(Broadcast& open, const Message& message, std::size_t bytes) {
    for (std::size_t loop = 0; loop < loops_.size(); ++loop) {
        if (loops_[loop].batch) server_->loops[loop]->queue().charge(bytes);
    }
    bool added = false;
    std::exception_ptr noMemory;
    try {
        added = open.add(message.kind, message.payload, message.except, message.head);
    } catch (...) {
        noMemory = std::current_exception();
    }
    if (added) return true;
    for (std::size_t loop = 0; loop < loops_.size(); ++loop) {
        if (loops_[loop].batch) server_->loops[loop]->queue().release(bytes);
    }
    if (noMemory) std::rethrow_exception(noMemory);
    return false;
}

std::shared_ptr<Broadcast> Topic::startBatch(const Message& message) {
    auto broadcast = std::make_shared<Broadcast>(shared_from_this(), last_, server_->loops.front()->memory().budget());
    broadcast->add(message.kind, message.payload, message.except, message.head);
    const std::size_t bytes = broadcast->queuedBytes();
    bool whole = true;
    for (std::size_t loop = 0; loop < loops_.size(); ++loop) {
        OfLoop& mine = loops_[loop];
        mine.batch = nullptr;
        if (mine.count == 0) continue;
        LoopQueue& queue = server_->loops[loop]->queue();
        LoopQueue::Access access{queue};
        if (access.isClosed()) continue;
        if (!queue.hasRoom(bytes)) {
            miss(loop, access, message);
            whole = false;
            continue;
        }
        auto entry = std::make_unique<BroadcastEntry>(broadcast, queue, loop);
        queue.charge(bytes);  // the entry gives it back, whatever becomes of it
        mine.batch = entry.get();
        access.put(std::move(entry));
    }
    open_ = whole ? broadcast : std::weak_ptr<Broadcast>{};
    return broadcast;
}

/// Those who are told of it once are told of all that they miss until then; who joins or leaves meanwhile begins another entry.
void Topic::miss(std::size_t loop, LoopQueue::Access& queue, const Message& message) {
    OfLoop& mine = loops_[loop];
    if (!mine.missed || mine.missedTakes != queue.takes()) {
        auto entry = std::make_unique<MissedEntry>(shared_from_this(), loop);
        mine.missed = entry.get();
        mine.missedTakes = queue.takes();
        queue.put(std::move(entry));
    }
    ++mine.missed->missed.count;
    const auto excepted = members_.find(message.except);
    if (excepted == members_.end()) return;
    const SessionCore& session = excepted->second->session;
    const bool getsIt = message.head && session.isWire();  // as Outgoing::deliver
    if (session.loopIndex() == loop && !getsIt) ++mine.missed->missed.notFor[message.except];
}

void Topic::deliver(std::size_t loop, const Broadcast& broadcast) {
    // Nothing in the loop joins or leaves: a session that has to close does so in a later turn.
    const std::vector<Member>& members = loops_[loop].members;
    if (members.empty()) return;
    const bool alone = server_->loops[loop]->queue().idle();
    Delivery delivery{broadcast, 0, broadcast.count(), 0, alone};
    // What the kernel does for one member drives the others out of the processor's cache. (The last is asked for again and
    // again at the end, which costs less than to ask whether there is another.)
    const Member* const last = &members.back();
    for (const Member* member = members.data(); member <= last; ++member) {
        std::min(member + 3, last)->session->prefetch();
        std::min(member + 2, last)->session->prefetchCarrier();
        std::min(member + 1, last)->session->prefetchChannel();
        delivery.tag = member->tag;
        member->session->deliver(delivery);
    }
}

void Topic::tellMissed(std::size_t loop, const Missed& missed) {
    for (const Member& member : loops_[loop].members) {
        const auto excepted = missed.notFor.find(member.session->id());
        const std::uint64_t count = missed.count - (excepted == missed.notFor.end() ? 0 : excepted->second);
        if (count != 0) member.session->missed(count);
    }
}

// ------------------------------------------------------------------------------------------------ history

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

std::shared_ptr<Loop> Topic::fullLoop(std::size_t payload) const {
    const std::size_t bytes = payload + Broadcast::kMessageBytes + Broadcast::kBatchBytes;
    const std::lock_guard guard{lock_};
    const QueueLook look = lookAtQueues(bytes, false);
    return look.full == kNoLoop ? nullptr : server_->loops[look.full];
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

std::shared_ptr<Broadcast> Topic::intoBatch(const Message& message) {
    const std::size_t bytes = message.payload.size() + Broadcast::kMessageBytes;
    std::shared_ptr<Broadcast> open = open_.lock();
    const QueueLook look = lookAtQueues(bytes + Broadcast::kBatchBytes, open != nullptr);
    if (look.continues && continueBatch(*open, message, bytes)) return open;
    return startBatch(message);
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
