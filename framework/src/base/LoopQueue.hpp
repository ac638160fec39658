#pragma once
// What is to be done on a loop, in the order in which it was put: the one way from any thread to the sessions of a loop.
// Tasks, letters, broadcasts, joins, leaves and closes ride in it, each an entry of its own kind.
//
// Order: what one thread puts is run in the order of its calls, and so is what threads put one after the other, whatever
// makes it so: a lock, a message that came back. Whoever may act on the loop directly looks at idle() first: what waits goes
// before.
// Bounds: entries that carry messages are charged; who puts them asks for hasRoom() and says what happens without. Tasks,
// joins, leaves and closes are never refused; there is one of them for each call of the application's.
// The end: a queue that is closed takes nothing; what is put then is destroyed where it is put.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

namespace patchbay {

class Loop;

/// One thing to do.   Owns: what it needs; destroyed on the loop after it has run, or wherever its queue ends.
class LoopEntry {
public:
    LoopEntry() noexcept = default;
    LoopEntry(const LoopEntry&) = delete;
    virtual ~LoopEntry() = default;
    /// Thread: the loop's.
    virtual void run() noexcept = 0;

private:
    friend class LoopQueue;
    LoopEntry* next_ = nullptr;
    LoopEntry* previous_ = nullptr;
};

class LoopQueue {
public:
    static constexpr std::size_t kMostBytes = std::size_t{64} << 20;

    explicit LoopQueue(Loop& loop) noexcept : loop_{loop} {}
    LoopQueue(const LoopQueue&) = delete;
    ~LoopQueue() { close(); }

    /// Takes `entry`; false, and it stays where it is, when the queue is closed.   Thread: any.
    bool put(std::unique_ptr<LoopEntry>& entry);
    bool put(std::unique_ptr<LoopEntry>&& entry) { return put(entry); }

    // ---- several steps as one: for entries with a limit or a place of their own ----

    /// The queue, for one thread.   Requires: no user's code runs while it lives.
    class Access {
    public:
        explicit Access(LoopQueue& queue) : queue_{queue}, guard_{queue.lock_} {}
        Access(const Access&) = delete;
        ~Access() = default;

        bool isClosed() const noexcept { return queue_.closed_; }
        /// Grows each time the loop takes what waits: an entry that was put before is out of reach then.
        std::uint64_t takes() const noexcept { return queue_.takes_; }
        /// Requires: not closed.
        void put(std::unique_ptr<LoopEntry> entry) noexcept;
        /// Takes an entry out that still waits.
        std::unique_ptr<LoopEntry> remove(LoopEntry& entry) noexcept;

    private:
        LoopQueue& queue_;
        const std::lock_guard<std::mutex> guard_;
    };

    /// The entry that was put last and still waits, whatever becomes of it; to be compared, not to be used.   Thread: any.
    const LoopEntry* last() const noexcept { return lastHint_.load(std::memory_order_relaxed); }

    // ---- what waits, in bytes ----

    void setLimit(std::size_t bytes) noexcept { mostBytes_ = bytes; }  // before anything is put
    /// Whether so many bytes more are within the limit, as far as this thread can know.
    bool hasRoom(std::size_t bytes) const noexcept {
        return bytes <= mostBytes_ && charged_.load(std::memory_order_relaxed) <= mostBytes_ - bytes;
    }
    void charge(std::size_t bytes) noexcept { charged_.fetch_add(bytes, std::memory_order_relaxed); }
    void release(std::size_t bytes) noexcept;
    std::size_t chargedBytes() const noexcept { return charged_.load(std::memory_order_relaxed); }
    /// Waits for room. False when there is none by then, or when the queue ends.   Thread: any but a loop's.
    bool waitForRoom(std::size_t bytes, std::chrono::steady_clock::time_point until);

    // ---- the loop's thread ----

    /// Whether nothing waits at all.
    bool idle() const noexcept { return !taken_.first && !filled_.load(std::memory_order_acquire); }
    /// Whether a turn would find something to run.   Thread: any.
    bool filled() const noexcept { return filled_.load(std::memory_order_acquire); }
    /// Takes what waits now, for runTaken(). What is put meanwhile waits for the next call.
    void take() noexcept;
    /// Runs at most so many entries of what was taken; whether some are left.
    bool runTaken(std::size_t most) noexcept;
    /// Both, to the end.
    void runWaiting() noexcept;

    // ---- beginning and end ----

    /// Closes it if nothing waits: then the last entry has run.   Thread: the loop's.
    bool closeIfEmpty() noexcept;
    /// Nothing is taken from now on; what waits is destroyed here.   Thread: the loop's, or any when it has none.
    void close() noexcept;
    /// Takes entries again.
    void open() noexcept;
    /// Thread: any.
    bool isClosed() noexcept { return Access{*this}.isClosed(); }

private:
    struct List {
        LoopEntry* first = nullptr;
        LoopEntry* last = nullptr;
    };
    static void append(List& list, LoopEntry* entry) noexcept;

    Loop& loop_;
    std::size_t mostBytes_ = kMostBytes;
    List taken_;  // the loop's thread's alone
    std::atomic<std::size_t> charged_{0};
    std::atomic<const LoopEntry*> lastHint_{nullptr};
    std::atomic<bool> filled_{false};
    std::atomic<unsigned> waiters_{0};
    std::condition_variable roomMade_;
    std::mutex lock_;  // guards what follows
    List waiting_;
    std::uint64_t takes_ = 0;
    bool closed_ = false;
};

}  // namespace patchbay
