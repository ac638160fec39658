#pragma once
// Store: where the history of topics is kept, and what requests have come to. The server has one in memory; modules/store has one on
// SQLite. What applications keep themselves is not for it: that is for a database.
//
//     Commit commit;
//     commit.appends.push_back({.topic = "/chat/lobby", .data = said});
//     commit.answer = Answer{client, 12, next, outcome};
//     store->commit(std::move(commit), [](Outcome<Committed> outcome) { … });
//
// Rules, which tests/contract holds each store to:
// - A commit is all or nothing. It has happened, for good, when its receiver is told so, and not before.
// - Commits take effect one after the other, in the order of the calls; receivers are told in that order.
// - A topic's first publication has offset 1, each further one 1 more. Trimming changes no number.
// - An epoch is a random number, never 0, made when a topic's history begins: another history of the same name has another. A store in
//   memory begins anew with each start; one on a disk when its file does, and when a topic has been forgotten.
// - An id of a client is answered once: a commit whose answer is there already does nothing.
// - A read sees every commit whose receiver has been told. It never gives a part for the whole: Slice says what is missing.
//
// Source: framework/WIRE.md, which has the words.

#include <patchbay/bytes.hpp>
#include <patchbay/detail/Coroutine.hpp>
#include <patchbay/detail/Image.hpp>
#include <patchbay/session.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace patchbay {

// ------------------------------------------------------------------------------------------------ what goes wrong

enum class StoreFault : std::uint8_t {
    Busy,             ///< as many wait as may; later there may be room
    NoRoom,           ///< the disk, or the memory that it may take, is full
    ReadOnly,         ///< the file may not be written
    Corrupt,          ///< the file is no database, or no longer
    NewerSchema,      ///< the file was written by a newer version of the program
    Unavailable,      ///< it cannot be opened, read or written for another reason
    NoSuchOffset,     ///< amended is what is not there, or not any longer
    AlreadyAnswered,  ///< the id has its answer
    Unsupported,      ///< a part that this store knows nothing of
    Stopped,          ///< it is being closed
};

/// Why a store or a database has not done something.
class StoreError : public std::runtime_error {
public:
    StoreError(StoreFault fault, const std::string& text) : std::runtime_error{text}, fault_{fault} {}
    StoreFault fault() const noexcept { return fault_; }
    /// May the same work later, without anybody changing it?
    bool mayPass() const noexcept { return fault_ <= StoreFault::ReadOnly || fault_ == StoreFault::Unavailable; }

private:
    StoreFault fault_;
};

/// How a store is. An empty problem is none.
struct Health {
    std::string problem;   ///< in a sentence, for operators: why writes are refused
    bool readable = true;  ///< reads work all the same
    bool ok() const noexcept { return problem.empty(); }
};

// ------------------------------------------------------------------------------------------------ receivers

/// What came of something: take() gives the value, or throws what went wrong.
template <class T>
using Outcome = detail::Result<T>;

namespace detail {
/// A receiver has thrown: one line in the log.
void receiverFailed(const char* text) noexcept;
}  // namespace detail

/// Who is told what came of it, once: a lambda that takes an Outcome<T>. One that goes without having been told, is told nothing.
/// Thread: the store's, in the order of commits; it must not block, for nobody else is told meanwhile. Errors: what it throws is logged.
template <class T>
class Receiver {
public:
    Receiver() noexcept = default;
    template <class F>
        requires(!std::same_as<std::remove_cvref_t<F>, Receiver> && std::invocable<std::decay_t<F>&, Outcome<T>>)
    // NOLINTNEXTLINE(google-explicit-constructor, bugprone-forwarding-reference-overload): as for std::function; never a Receiver
    PATCHBAY_HIDDEN Receiver(F&& callable)
        : called_{detail::makeWait<Callable<std::decay_t<F>>>(std::forward<F>(callable))} {}
    Receiver(Receiver&&) noexcept = default;
    Receiver& operator=(Receiver&&) noexcept = default;
    Receiver(const Receiver&) = delete;
    ~Receiver() = default;

    explicit operator bool() const noexcept { return called_ != nullptr; }
    /// Only the first call counts.
    void tell(Outcome<T> outcome) noexcept {
        if (const auto called = std::exchange(called_, nullptr)) called->call(std::move(outcome));
    }
    template <class U = T>
        requires(!std::is_void_v<T> && std::convertible_to<U, T>)
    void set(U&& value) noexcept {
        Outcome<T> outcome;
        try {
            outcome.set(std::forward<U>(value));
        } catch (...) {
            outcome.fail(std::current_exception());
        }
        tell(std::move(outcome));
    }
    void set() noexcept
        requires std::is_void_v<T>
    {
        tell({});
    }
    void fail(std::exception_ptr error) noexcept {
        Outcome<T> outcome;
        outcome.fail(std::move(error));
        tell(std::move(outcome));
    }

private:
    struct Called {
        virtual ~Called() = default;
        virtual void call(Outcome<T> outcome) noexcept = 0;
    };
    template <class F>
    struct Callable final : Called {
        template <class G>
        // NOLINTNEXTLINE(bugprone-forwarding-reference-overload): never a Callable
        explicit Callable(G&& function) : function_{std::forward<G>(function)} {}
        void call(Outcome<T> outcome) noexcept override {
            try {
                function_(std::move(outcome));
            } catch (const std::exception& error) {
                detail::receiverFailed(error.what());
            } catch (...) {
                detail::receiverFailed("something that is no std::exception");
            }
        }
        F function_;
    };
    std::shared_ptr<Called> called_;  // of an image that is mapped until it has gone
};

// ------------------------------------------------------------------------------------------------ what is kept

/// Who makes requests: a client of a user's. A client's secret is worth nothing to another user.
struct ClientKey {
    std::string subject;  ///< the user; empty for nobody in particular
    std::string client;   ///< the client's secret
    friend bool operator==(const ClientKey&, const ClientKey&) = default;
};

/// What an application has published, as it is sent.
struct Publication {
    std::uint64_t offset = 0;
    MessageKind kind = MessageKind::Text;
    std::string data;           ///< encoded: JSON, or bytes
    std::string key;            ///< of those with one key the newest counts; empty: it has none
    std::string client;         ///< the public name of who published it; empty: nobody's
    std::uint64_t request = 0;  ///< by which of its requests; 0: none
    std::uint64_t amends = 0;   ///< the offset of which it is a new version; 0: none
    std::chrono::system_clock::time_point at;
    friend bool operator==(const Publication&, const Publication&) = default;
};

/// A new publication.
struct Append {
    std::string topic = {};  ///< unique in the server: with the endpoint that it belongs to
    MessageKind kind = MessageKind::Text;
    std::string data = {};
    std::string key = {};
    std::string client = {};
    std::uint64_t request = 0;
};

/// A new version of the publication at `offset`. It is a publication of its own, with an offset of its own, so that whoever has the old one
/// hears of it; the old one has its data from then on.
struct Amend {
    std::string topic;
    std::uint64_t offset = 0;
    MessageKind kind = MessageKind::Text;
    std::string data = {};
    std::string client = {};
    std::uint64_t request = 0;
};

/// What a request has come to.
struct Answer {
    ClientKey from;
    std::uint64_t id = 0;
    std::uint64_t next = 0;  ///< the client knows the outcomes of ids below: they are forgotten
    std::string outcome = {};  ///< as it is sent
};

/// Something of somebody else's that belongs into a commit: rows of an application's own. Made by the database that it is for.
class CommitPart {
public:
    CommitPart() = default;
    CommitPart(const CommitPart&) = delete;
    CommitPart& operator=(const CommitPart&) = delete;
    virtual ~CommitPart() = default;
    /// The database that can do it; a store that is not on it refuses the commit.
    virtual const void* database() const noexcept = 0;
};

struct Commit {
    std::vector<std::string> opens = {};  ///< topics whose history begins here, unless it has
    std::vector<Append> appends = {};
    std::vector<Amend> amends = {};
    std::optional<Answer> answer = {};
    std::vector<std::shared_ptr<CommitPart>> parts = {};
};

/// Where it all stands now, in the order of the commit's lists.
struct Committed {
    std::vector<TopicPosition> opened;  ///< of the last publication of each
    std::vector<TopicPosition> appended;
    std::vector<TopicPosition> amended;  ///< of the new versions
    std::vector<std::string> keys;       ///< of the new versions: those of what they replace
    std::chrono::system_clock::time_point at;
};

// ------------------------------------------------------------------------------------------------ what is read

inline constexpr std::uint64_t kNoOffset = std::numeric_limits<std::uint64_t>::max();

/// Publications of a topic with `after` < offset < `before`, at most `limit`.
struct Range {
    enum class From : std::uint8_t { Oldest, Newest };  ///< which, where there are more

    std::string topic;
    std::uint64_t after = 0;
    std::uint64_t before = kNoOffset;
    std::size_t limit = 1000;
    From from = From::Oldest;
};

struct Slice {
    TopicPosition last;         ///< of the topic; zeros: it has no history
    std::uint64_t kept = 0;     ///< the oldest offset that is kept; last.offset + 1 where none is
    std::vector<Publication> publications;  ///< in the order of their offsets
    bool whole = true;          ///< everything that was ever published in the range is here, and `after` is no offset to come
};

/// What is recorded of a client.
struct Answers {
    struct Record {
        std::uint64_t id;
        std::string outcome;
        friend bool operator==(const Record&, const Record&) = default;
    };
    std::vector<Record> records;  ///< in the order of their ids
    std::uint64_t forgotten = 0;  ///< outcomes of ids up to this one are not known any longer
};

/// What is kept of a topic. What goes are always its oldest publications.
struct TopicRetention {
    std::string topic;
    std::size_t messages = std::numeric_limits<std::size_t>::max();
    std::size_t bytes = std::numeric_limits<std::size_t>::max();  ///< of data and keys together
    std::chrono::system_clock::time_point since = std::chrono::system_clock::time_point::min();
};

struct Retention {
    std::vector<TopicRetention> topics = {};
    /// Older outcomes go. That there were any is known until clientsSince: an id that comes again after that is taken for new.
    std::chrono::system_clock::time_point answersSince = std::chrono::system_clock::time_point::min();
    std::chrono::system_clock::time_point clientsSince = std::chrono::system_clock::time_point::min();
    /// Topics without publications that nobody has opened or published to since are forgotten, with their epochs.
    std::chrono::system_clock::time_point emptyTopicsSince = std::chrono::system_clock::time_point::min();
    /// The same of those to which nothing was ever published.
    std::chrono::system_clock::time_point unusedTopicsSince = std::chrono::system_clock::time_point::min();
};

// ------------------------------------------------------------------------------------------------ the store

/// How many outcomes are kept of a client at most, and how many bytes of them: those with the highest ids. The highest is kept whatever its size.
inline constexpr std::size_t kMostAnswers = 1000, kMostAnswerBytes = std::size_t{256} << 10;

/// Thread: any, for every member; none blocks.
/// Errors: those of a call go to its receiver, as StoreError.
class Store {
public:
    Store() = default;
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;
    virtual ~Store() = default;

    /// Errors: NoSuchOffset, AlreadyAnswered, Unsupported, and nothing of it is done; Busy, NoRoom, ReadOnly, Corrupt, NewerSchema,
    /// Unavailable, Stopped.
    virtual void commit(Commit commit, Receiver<Committed> receiver) = 0;
    virtual void read(Range range, Receiver<Slice> receiver) = 0;
    virtual void answers(ClientKey of, Receiver<Answers> receiver) = 0;
    virtual void trim(Retention retention, Receiver<void> receiver) = 0;
    virtual Health health() const = 0;
};

/// For a store: a random number for a history that begins, not 0, below 2^63.   Errors: std::runtime_error where there is no randomness.
std::uint64_t newEpoch();

struct MemoryStoreOptions {
    /// What topics take at most, as it counts: data, keys, names, and what its own structures take of each. Outcomes take a quarter as much
    /// besides, and are no reason to refuse a commit: where they would be more, those of the clients go that have asked for nothing for longest.
    /// Units: bytes.
    std::size_t bytes = std::size_t{256} << 20;
};

/// A store in memory, forgotten with the process. It tells its receivers within the call: they may call it again. `now`: the time of day for
/// tests that turn it.   Thread of `now`: any.
std::shared_ptr<Store> makeMemoryStore(MemoryStoreOptions options = {},
                                       std::function<std::chrono::system_clock::time_point()> now = &std::chrono::system_clock::now);

}  // namespace patchbay
