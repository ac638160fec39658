#include "messaging/History.hpp"

#include "base/Log.hpp"
#include "history/MemoryStore.hpp"
#include "messaging/Topic.hpp"
#include "messaging/TopicTable.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace patchbay::messaging {
namespace {

constexpr std::chrono::seconds kLook{10};
constexpr std::chrono::hours kSweep{1};
constexpr std::size_t kTopicsOfTrim = 500;  // a store does one trim as a whole
// What a client's requests have come to is known for a day, and that there were any for a week (framework/WIRE.md §7).
constexpr std::chrono::hours kAnswers{24}, kClients{7 * 24}, kEmptyTopics{24};
constexpr std::chrono::minutes kUnusedTopics{10};  // to which nothing was ever published: names that somebody has thought of

thread_local bool isTellingHere = false;

Commit commitOf(const Delivering& one) {
    Commit commit;
    const std::string& topic = one.topic->kept().name;
    if (one.head.amends != 0) {
        commit.amends.push_back({topic, one.head.amends, one.kind, one.payload, one.head.client, one.head.request});
    } else {
        commit.appends.push_back({topic, one.kind, one.payload, one.head.key, one.head.client, one.head.request});
    }
    return commit;
}

TopicPosition positionOf(const Committed& committed) {
    return committed.appended.empty() ? committed.amended.front() : committed.appended.front();
}

/// Who waits within the call.
struct Told {
    std::atomic<bool> is{false};
    patchbay::Outcome<Committed> outcome;
};

}  // namespace

struct History::Telling {
    Telling() noexcept : before{std::exchange(isTellingHere, true)} {}
    Telling(const Telling&) = delete;
    ~Telling() { isTellingHere = before; }
    const bool before;
};

History::History(std::shared_ptr<Loop> loop)
    : loop_{std::move(loop)}, memory_{makeMemoryStore({}, [loop = loop_] { return loop->timeOfDay(); })} {}
History::~History() = default;

void History::retire() {
    durable_.reset();
    memory_ = makeMemoryStore();
}

bool History::isTelling() noexcept { return isTellingHere || history::MemoryStore::isTelling(); }

// ------------------------------------------------------------------------------------------------ commits

void History::commit(const std::shared_ptr<Store>& store, Commit commit, std::vector<Delivering> publications, Receiver<Committed> receiver) {
    store->commit(std::move(commit), [self = shared_from_this(), store, publications = std::move(publications),
                                      receiver = std::move(receiver)](patchbay::Outcome<Committed> outcome) mutable {
        const Telling telling;
        Committed committed;
        try {
            committed = outcome.take();
        } catch (...) {
            const std::exception_ptr error = std::current_exception();
            for (const Delivering& one : publications) one.topic->endPublishing();
            self->noteOutcome(error);
            return receiver.fail(error);
        }
        self->noteOutcome(nullptr);
        Retention tooMuch;
        for (std::size_t i = 0; i < publications.size(); ++i) {
            Delivering& one = publications[i];
            const bool appended = i < committed.appended.size();
            const TopicPosition position = appended ? committed.appended[i] : committed.amended[i - committed.appended.size()];
            one.head.offset = position.offset;
            try {
                if (!appended && i - committed.appended.size() < committed.keys.size()) one.head.key = committed.keys[i - committed.appended.size()];
                const bool trims = one.topic->publishKept({one.kind, asBytes(one.payload), one.except, &one.head}, position, committed.at);
                if (trims) tooMuch.topics.push_back(one.topic->kept().retention(committed.at));
            } catch (...) {  // it is kept all the same, and whoever waits for that is told so
                log::error("history", "there was no memory to deliver a publication that is kept");
            }
        }
        receiver.set(std::move(committed));
        if (!tooMuch.topics.empty()) store->trim(std::move(tooMuch), {});
    });
}

Publishing History::publish(Delivering publication, std::shared_ptr<CommitPart> with) {
    const std::shared_ptr<Store> store = publication.topic->kept().store;
    Commit made = commitOf(publication);
    if (with) made.parts.push_back(std::move(with));
    std::vector<Delivering> one;
    one.push_back(std::move(publication));
    if (store != memory_ || isTelling()) {
        Completion<TopicPosition> done;
        commit(store, std::move(made), std::move(one), [done](patchbay::Outcome<Committed> outcome) {
            try {
                done.set(positionOf(outcome.take()));
            } catch (...) {
                done.fail(std::current_exception());
            }
        });
        return Publishing{done};
    }
    const auto told = std::make_shared<Told>();
    commit(store, std::move(made), std::move(one), [told](patchbay::Outcome<Committed> outcome) {
        told->outcome = std::move(outcome);
        told->is.store(true, std::memory_order_release);
        told->is.notify_one();
    });
    told->is.wait(false, std::memory_order_acquire);
    return Publishing{positionOf(told->outcome.take())};
}

/// One line when it begins to fail, and one when it works again.
void History::noteOutcome(const std::exception_ptr& error) noexcept {
    try {
        if (error) std::rethrow_exception(error);
        if (fails_.load(std::memory_order_relaxed) && fails_.exchange(false)) log::warning("history", "what is published is kept again");
    } catch (const StoreError& problem) {
        // These are the caller's own mistakes.
        if (problem.fault() == StoreFault::NoSuchOffset || problem.fault() == StoreFault::AlreadyAnswered ||
            problem.fault() == StoreFault::Unsupported)
            return;
        if (!fails_.exchange(true)) log::error("history", std::string{"what is published cannot be kept, and is not delivered: "} + problem.what());
    } catch (...) {
        if (!fails_.exchange(true)) log::error("history", "what is published cannot be kept, and is not delivered");
    }
}

// ------------------------------------------------------------------------------------------------ what goes

void History::add(const std::shared_ptr<Topic>& topic) {
    const std::lock_guard guard{lock_};
    topics_.push_back(topic);
    if (std::exchange(looks_, true)) return;
    loop_->post([weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->lookAgain();
    });
}

void History::lookAgain() {
    loop_->after(kLook, [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (!self) return;
        self->lookAgain();  // first: also where there is no memory for the rest
        self->lookAfter();
    });
}

std::vector<std::shared_ptr<Topic>> History::topics() {
    std::vector<std::shared_ptr<Topic>> all;
    const std::lock_guard guard{lock_};
    std::erase_if(topics_, [&](const std::weak_ptr<Topic>& weak) {
        auto topic = weak.lock();
        if (!topic) return true;
        all.push_back(std::move(topic));
        return false;
    });
    return all;
}

void History::lookAfter() {
    const auto now = loop_->timeOfDay();
    Retention inMemory;
    Retention onDisk;
    const auto trim = [](const std::shared_ptr<Store>& store, Retention& retention) {
        if (!retention.topics.empty()) store->trim(std::exchange(retention, {}), {});
    };
    for (const auto& topic : topics()) {
        const Topic::Look look = topic->lookAfter(now);
        Retention& retention = topic->kept().store == memory_ ? inMemory : onDisk;
        if (look.trims) retention.topics.push_back(topic->kept().retention(now));
        if (retention.topics.size() >= kTopicsOfTrim) trim(topic->kept().store, retention);
        if (!look.isGone) continue;
        if (const auto table = topic->table()) table->forget(*topic);
    }
    trim(memory_, inMemory);
    trim(durable_, onDisk);
    if (now - swept_ >= kSweep) sweep(now);
}

/// Topics that are in use are opened again first: a store forgets those that nobody has opened for a while, and their epochs.
void History::sweep(std::chrono::system_clock::time_point now) {
    swept_ = now;
    Commit inMemory;
    Commit onDisk;
    for (const auto& topic : topics()) (topic->kept().store == memory_ ? inMemory : onDisk).opens.push_back(topic->kept().name);
    const Retention retention{.answersSince = now - kAnswers, .clientsSince = now - kClients, .emptyTopicsSince = now - kEmptyTopics,
                              .unusedTopicsSince = now - kUnusedTopics};
    for (const auto& [store, opens] : {std::pair{memory_, &inMemory}, std::pair{durable_, &onDisk}}) {
        if (!store) continue;
        if (!opens->opens.empty()) store->commit(std::move(*opens), {});
        store->trim(retention, {});
    }
}

}  // namespace patchbay::messaging
