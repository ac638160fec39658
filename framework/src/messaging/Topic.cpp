#include "messaging/Topic.hpp"

#include "messaging/SessionCore.hpp"
#include "messaging/TopicHistory.hpp"

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
std::shared_ptr<Broadcast> Topic::intoBatch(const Message& message) {
    const std::size_t bytes = message.payload.size() + Broadcast::kMessageBytes;
    std::shared_ptr<Broadcast> open = open_.lock();
    const QueueLook look = lookAtQueues(bytes + Broadcast::kBatchBytes, open != nullptr);
    if (look.continues && continueBatch(*open, message, bytes)) return open;
    return startBatch(message);
}

std::shared_ptr<Loop> Topic::fullLoop(std::size_t payload) const {
    const std::size_t bytes = payload + Broadcast::kMessageBytes + Broadcast::kBatchBytes;
    const std::lock_guard guard{lock_};
    const QueueLook look = lookAtQueues(bytes, false);
    return look.full == kNoLoop ? nullptr : server_->loops[look.full];
}

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

}  // namespace patchbay::messaging
