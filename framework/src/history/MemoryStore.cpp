#include "history/MemoryStore.hpp"

#include "base/Log.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <random>
#include <set>
#include <utility>

namespace patchbay {

void detail::receiverFailed(const char* text) noexcept {
    log::error("store", std::string{"who was told what came of a commit or read threw "} + text);
}

std::uint64_t newEpoch() {
    std::random_device random;
    for (;;) {
        const std::uint64_t epoch = (std::uint64_t{random()} << 32 | random()) >> 1;
        if (epoch != 0) return epoch;
    }
}

std::shared_ptr<Store> makeMemoryStore(MemoryStoreOptions options, std::function<std::chrono::system_clock::time_point()> now) {
    return std::make_shared<history::MemoryStore>(options, std::move(now));
}

namespace history {
namespace {

// What a map or list takes of each, roughly.
constexpr std::size_t kOfTopic = sizeof(std::string) + 256;
constexpr std::size_t kOfPublication = sizeof(Publication);
constexpr std::size_t kOfClient = 256;
constexpr std::size_t kOfAnswer = 128;
constexpr std::size_t kShareOfAnswers = 4;  // of the bytes that topics may take: one in so many

thread_local bool isTellingHere = false;

/// This thread calls receivers.
struct TellingHere {
    TellingHere() noexcept : before{std::exchange(isTellingHere, true)} {}
    TellingHere(const TellingHere&) = delete;
    ~TellingHere() { isTellingHere = before; }
    const bool before;
};

std::size_t countedBytes(const Publication& publication) noexcept { return publication.data.size() + publication.key.size(); }
std::size_t takenBytes(const Publication& publication) noexcept {
    return kOfPublication + countedBytes(publication) + publication.client.size();
}
std::size_t takenBytes(const std::pair<std::string, std::string>& client) noexcept { return kOfClient + client.first.size() + client.second.size(); }

}  // namespace

MemoryStore::MemoryStore(MemoryStoreOptions options, std::function<WallClock::time_point()> now)
    : options_{options}, now_{std::move(now)} {}

bool MemoryStore::isTelling() noexcept { return isTellingHere; }

/// Calls `work` under the lock, and tells what came of it behind what is being told.
template <class T, class Work>
void MemoryStore::does(Receiver<T> receiver, Work work) {
    std::unique_lock lock{lock_};
    Outcome<T> outcome;
    try {
        if constexpr (std::is_void_v<T>) {
            work();
        } else {
            outcome.set(work());
        }
    } catch (...) {
        outcome.fail(std::current_exception());
    }
    if (telling_) {
        told_.emplace_back([receiver = std::move(receiver), outcome = std::move(outcome)]() mutable { receiver.tell(std::move(outcome)); });
        return;
    }
    telling_ = true;
    lock.unlock();
    const TellingHere here;
    receiver.tell(std::move(outcome));
    lock.lock();
    tellOthers(lock);
}

/// Those that have come meanwhile.
void MemoryStore::tellOthers(std::unique_lock<std::mutex>& lock) noexcept {
    while (!told_.empty()) {
        Task next = std::move(told_.front());
        told_.pop_front();
        lock.unlock();
        next();
        next = nullptr;  // a receiver's destructor may call this, too
        lock.lock();
    }
    telling_ = false;
}

void MemoryStore::commit(Commit commit, Receiver<Committed> receiver) {
    does(std::move(receiver), [&] { return apply(commit); });
}
void MemoryStore::read(Range range, Receiver<Slice> receiver) {
    does(std::move(receiver), [&] { return slice(range); });
}
void MemoryStore::answers(ClientKey of, Receiver<Answers> receiver) {
    does(std::move(receiver), [&] { return answersOf(of); });
}
void MemoryStore::trim(Retention retention, Receiver<void> receiver) {
    does(std::move(receiver), [&] { trimNow(retention); });
}

Health MemoryStore::health() const {
    const std::lock_guard guard{lock_};
    if (bytes_ < options_.bytes) return {};
    return {"the history in memory is full: it holds " + std::to_string(bytes_) + " bytes of at most " + std::to_string(options_.bytes), true};
}

// ------------------------------------------------------------------------------------------------ a commit

Committed MemoryStore::apply(Commit& commit) {
    check(commit);
    const auto now = now_();
    Committed done;
    done.at = now;
    for (const std::string& name : commit.opens) {
        const Topic& topic = open(name, now);
        done.opened.push_back({topic.epoch, topic.last});
    }
    for (Append& one : commit.appends) {
        Publication publication{0, one.kind, std::move(one.data), std::move(one.key), std::move(one.client), one.request, 0, now};
        done.appended.push_back(append(open(one.topic, now), std::move(publication), now));
    }
    for (Amend& one : commit.amends) {
        Topic& topic = open(one.topic, now);
        Publication& old = topic.publications[one.offset - topic.kept()];
        const std::size_t before = old.data.size();
        old.kind = one.kind;
        old.data = one.data;
        topic.bytes += old.data.size() - before;
        bytes_ += old.data.size() - before;
        done.keys.push_back(old.key);
        Publication publication{0, one.kind, std::move(one.data), old.key, std::move(one.client), one.request, one.offset, now};
        done.amended.push_back(append(topic, std::move(publication), now));
    }
    if (commit.answer) record(std::move(*commit.answer), now);
    return done;
}

/// All that can be refused is looked at before anything is done.
void MemoryStore::check(const Commit& commit) const {
    if (!commit.parts.empty())
        throw StoreError{StoreFault::Unsupported, "the history is in memory: rows of a database cannot be part of its commits"};
    std::unordered_map<std::string_view, std::uint64_t> appended;  // an amend may be of what this commit appends
    for (const Append& one : commit.appends) ++appended[one.topic];
    for (const Amend& one : commit.amends) {
        const auto topic = topics_.find(one.topic);
        const std::uint64_t kept = topic == topics_.end() ? 1 : topic->second.kept();
        const std::uint64_t last = topic == topics_.end() ? 0 : topic->second.last;
        if (one.offset < kept || one.offset > last + appended[one.topic])
            throw StoreError{StoreFault::NoSuchOffset, "there is no publication " + std::to_string(one.offset) + " to amend in that topic"};
    }
    if (commit.answer) {
        const auto client = clients_.find({commit.answer->from.subject, commit.answer->from.client});
        if (client != clients_.end() && (commit.answer->id <= client->second.forgotten || client->second.answers.contains(commit.answer->id)))
            throw StoreError{StoreFault::AlreadyAnswered, "the request " + std::to_string(commit.answer->id) + " has been answered"};
    }
    const std::size_t more = cost(commit);
    if (more > options_.bytes || bytes_ > options_.bytes - more)
        throw StoreError{StoreFault::NoRoom, "the history in memory is full: " + std::to_string(options_.bytes) + " bytes"};
}

std::size_t MemoryStore::cost(const Commit& commit) const {
    std::size_t bytes = 0;
    std::set<std::string_view> born;
    const auto touch = [&](const std::string& name) {
        if (!topics_.contains(name) && born.insert(name).second) bytes += kOfTopic + name.size();
    };
    for (const std::string& name : commit.opens) touch(name);
    for (const Append& one : commit.appends) {
        touch(one.topic);
        bytes += kOfPublication + one.data.size() + one.key.size() + one.client.size();
    }
    for (const Amend& one : commit.amends) bytes += kOfPublication + 2 * one.data.size() + one.client.size() + 256;
    return bytes;
}

MemoryStore::Topic& MemoryStore::open(const std::string& name, WallClock::time_point now) {
    auto at = topics_.find(name);
    if (at == topics_.end()) {
        const std::uint64_t epoch = newEpoch();  // which may throw
        at = topics_.try_emplace(name).first;
        at->second.epoch = epoch;
        bytes_ += kOfTopic + name.size();
    }
    at->second.touched = now;
    return at->second;
}

TopicPosition MemoryStore::append(Topic& topic, Publication publication, WallClock::time_point now) {
    publication.offset = topic.last + 1;
    topic.touched = now;
    const std::size_t counted = countedBytes(publication);
    const std::size_t taken = takenBytes(publication);
    topic.publications.push_back(std::move(publication));
    topic.bytes += counted;
    bytes_ += taken;
    ++topic.last;
    return {topic.epoch, topic.last};
}

void MemoryStore::record(Answer answer, WallClock::time_point now) {
    Names place(1);  // before: a client has a place, also where there is no memory for what follows
    const auto [at, isNew] = clients_.try_emplace({std::move(answer.from.subject), std::move(answer.from.client)});
    Client& client = at->second;
    if (isNew) {
        client.place = place.begin();
        *client.place = &at->first;
        silent_.splice(silent_.end(), place);
        answerBytes_ += takenBytes(at->first);
        silentBytes_ += takenBytes(at->first);
    }
    client.touched = now;
    const std::size_t bytes = answer.outcome.size();
    const bool wasSilent = client.answers.empty();
    client.answers.emplace(answer.id, Recorded{std::move(answer.outcome), now});
    client.bytes += bytes;
    answerBytes_ += kOfAnswer + bytes;
    if (wasSilent) silentBytes_ -= takenBytes(at->first);
    answered_.splice(answered_.end(), wasSilent ? silent_ : answered_, client.place);
    // This outcome it cannot know yet, whatever it says.
    const std::uint64_t unknown = std::min(answer.next, answer.id);
    forget(client, client.answers.lower_bound(unknown));
    if (unknown > client.forgotten + 1) client.forgotten = unknown - 1;
    if (client.answers.size() > kMostAnswers)
        forget(client, std::next(client.answers.begin(), static_cast<std::ptrdiff_t>(client.answers.size() - kMostAnswers)));
    while (client.bytes > kMostAnswerBytes && client.answers.size() > 1) forget(client, std::next(client.answers.begin()));
    keepAnswers();
}

void MemoryStore::forget(Client& client, std::map<std::uint64_t, Recorded>::iterator upTo) {
    while (client.answers.begin() != upTo) {
        const auto first = client.answers.begin();
        client.forgotten = first->first;
        const std::size_t bytes = first->second.outcome.size();
        client.bytes -= bytes;
        answerBytes_ -= kOfAnswer + bytes;
        client.answers.erase(first);
        if (!client.answers.empty()) continue;
        silentBytes_ += takenBytes(**client.place);
        silent_.splice(silent_.end(), answered_, client.place);
    }
}

/// Outcomes go first, and that there were any only where that alone is half of what they may take: an id that comes again is then taken for new.
void MemoryStore::keepAnswers() {
    const std::size_t most = options_.bytes / kShareOfAnswers;
    while (answerBytes_ > most) {
        if (answered_.empty() || silentBytes_ > most / 2) {
            erase(clients_.find(*silent_.front()));
        } else {
            Client& oldest = clients_.find(*answered_.front())->second;
            forget(oldest, oldest.answers.end());
        }
    }
}

/// Requires: it has no outcomes.
void MemoryStore::erase(Clients::iterator client) {
    const std::size_t taken = takenBytes(client->first);
    answerBytes_ -= taken;
    silentBytes_ -= taken;
    silent_.erase(client->second.place);
    clients_.erase(client);
}

// ------------------------------------------------------------------------------------------------ reads

Slice MemoryStore::slice(const Range& range) const {
    const auto found = topics_.find(range.topic);
    Slice slice;
    if (found == topics_.end()) {
        slice.kept = 1;
        slice.whole = range.after == 0;
        return slice;
    }
    const Topic& topic = found->second;
    slice.last = {topic.epoch, topic.last};
    slice.kept = topic.kept();
    const std::uint64_t end = std::min(range.before, topic.last + 1);        // first that is not asked for
    const std::uint64_t wanted = std::min(range.after, kNoOffset - 1) + 1;  // first that is
    slice.whole = range.after <= topic.last;
    if (wanted >= end) return slice;
    std::uint64_t from = std::max(wanted, topic.kept());
    std::uint64_t to = std::max(end, from);
    slice.whole = from == wanted;
    if (to - from > range.limit) {
        slice.whole = false;
        if (range.from == Range::From::Oldest) {
            to = from + range.limit;
        } else {
            from = to - range.limit;
        }
    }
    const auto at = [&](std::uint64_t offset) { return topic.publications.begin() + static_cast<std::ptrdiff_t>(offset - topic.kept()); };
    slice.publications.assign(at(from), at(to));
    return slice;
}

Answers MemoryStore::answersOf(const ClientKey& key) const {
    Answers answers;
    const auto client = clients_.find({key.subject, key.client});
    if (client == clients_.end()) return answers;
    answers.forgotten = client->second.forgotten;
    for (const auto& [id, recorded] : client->second.answers) answers.records.push_back({id, recorded.outcome});
    return answers;
}

// ------------------------------------------------------------------------------------------------ what goes

void MemoryStore::trimNow(const Retention& retention) {
    for (const TopicRetention& one : retention.topics) {
        if (const auto found = topics_.find(one.topic); found != topics_.end()) trimTopic(found->second, one);
    }
    constexpr auto kNever = WallClock::time_point::min();
    if (retention.emptyTopicsSince != kNever || retention.unusedTopicsSince != kNever) forgetTopics(retention.emptyTopicsSince, retention.unusedTopicsSince);
    if (retention.answersSince != kNever || retention.clientsSince != kNever) forgetAnswers(retention);
}

void MemoryStore::forgetTopics(WallClock::time_point emptySince, WallClock::time_point unusedSince) {
    std::erase_if(topics_, [&](const auto& entry) {
        const Topic& topic = entry.second;
        if (!topic.publications.empty() || topic.touched >= (topic.last == 0 ? std::max(emptySince, unusedSince) : emptySince)) return false;
        bytes_ -= kOfTopic + entry.first.size();
        return true;
    });
}

void MemoryStore::forgetAnswers(const Retention& retention) {
    for (auto at = clients_.begin(); at != clients_.end();) {
        Client& client = at->second;
        auto upTo = client.answers.begin();
        while (upTo != client.answers.end() && upTo->second.at < retention.answersSince) ++upTo;
        forget(client, upTo);
        if (client.answers.empty() && client.touched < retention.clientsSince) {
            erase(at++);
        } else {
            ++at;
        }
    }
}

void MemoryStore::trimTopic(Topic& topic, const TopicRetention& retention) {
    const auto isTooMuch = [&] {
        return topic.publications.size() > retention.messages || topic.bytes > retention.bytes ||
               topic.publications.front().at < retention.since;
    };
    while (!topic.publications.empty() && isTooMuch()) dropOldest(topic);
}

void MemoryStore::dropOldest(Topic& topic) {
    const Publication& oldest = topic.publications.front();
    topic.bytes -= countedBytes(oldest);
    bytes_ -= takenBytes(oldest);
    topic.publications.pop_front();
}

}  // namespace history
}  // namespace patchbay
