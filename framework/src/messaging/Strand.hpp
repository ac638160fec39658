#pragma once
// What a session does one after the other, where it cannot do it at once: because its handlers run on the pool, because a
// coroutine has not ended, or because nothing is to be received for a while. A session that needs none of this has none.
//
//     a message ─┐ in the order of          ┌── runs on the loop, or on the pool ──┐
//     a task    ─┴ their arrival ──> event ─┤                                      ├──> outcome, on the loop ──> the next
//                                           └── waits in a coroutine ── wait ends ─┘
//
// - One event at a time; it is over when its coroutine has ended.
// - What has come meanwhile waits: messages up to the endpoint's receive queue, then nothing is read any more, so that the
//   peer's window closes; tasks, as everywhere, without a limit.
// - The end comes behind the event that is under way. What the peer ended comes behind all messages too that had arrived; what
//   this side ended drops them. Whatever a coroutine waits for then ends with Cancelled.
//
// Thread: the loop's. A step of an event may run on the pool; then the loop leaves the event alone until it hears of it.

#include "endpoint/Dispatcher.hpp"
#include "messaging/Event.hpp"

#include <patchbay/close.hpp>
#include <patchbay/detail/Coroutine.hpp>

#include <memory>
#include <mutex>
#include <optional>

namespace patchbay::messaging {

class Strand final : public detail::Strand {
public:
    /// `onPool`: its events run there.   Requires: the session outlives it.
    Strand(SessionCore& session, bool onPool) noexcept : session_{session}, onPool_{onPool} {}
    Strand(const Strand&) = delete;
    ~Strand() override = default;

    /// Whether what comes now has to come here.
    bool isNeeded() const noexcept { return onPool_ || paused_ || held_ || first_ || stage_ != Stage::Idle || !messages_.empty() || !tasks_.empty(); }
    /// An event that has begun without this, and is Unfinished.
    void adopt(std::unique_ptr<Event> event, endpoint::Run run) noexcept;
    /// A message, or what comes in its order.
    void putMessage(std::unique_ptr<Event> event) noexcept { put(messages_, std::move(event)); }
    void putTask(std::unique_ptr<Event> event) noexcept { put(tasks_, std::move(event)); }
    /// The session has ended: `last` is its last event.
    void end(std::unique_ptr<Event> last, bool byPeer) noexcept;
    /// The time to end in good order is over: messages that wait are dropped, and what a coroutine waits for is cancelled.
    void hurry() noexcept;
    void setPaused(bool paused) noexcept;
    /// Nothing begins before begin().
    void hold() noexcept;
    /// The first event of all has come.
    void begin(std::unique_ptr<Event> first) noexcept;
    /// Those that wait go to no handler.
    void dropMessages() noexcept;
    /// That which runs; nullptr: none.   Thread: that of its step.
    Event* current() const noexcept { return current_.get(); }
    /// Units: bytes of messages that wait.
    std::size_t waitingBytes() const noexcept { return waitingBytes_; }
    /// The session has gone: whatever still waits is destroyed.
    void clear() noexcept {
        tasks_.clear();
        dropMessages();
    }

    // ---- for coroutines ----
    bool suspend(std::coroutine_handle<> leaf, std::shared_ptr<detail::Wait> wait) noexcept override;
    void goOn() noexcept override;
    Timer after(std::chrono::milliseconds delay, Task task) override;
    std::shared_ptr<detail::Strand> self() noexcept override;

private:
    enum class Stage : std::uint8_t {
        Idle,       // no event
        Ready,      // it has a step to make
        Running,    // it makes it
        Suspended,  // its coroutine waits
    };
    class StepDone;
    class GoOn;

    void put(EventList& list, std::unique_ptr<Event> event) noexcept;
    void pump() noexcept;
    bool beginNext() noexcept;
    std::unique_ptr<Event> choose() noexcept;
    bool handOver() noexcept;
    void stepOnPool() noexcept;
    void finishAlone() noexcept;
    endpoint::Outcome step() noexcept;
    void take(endpoint::Outcome outcome) noexcept;
    void resumed() noexcept;
    void cancel() noexcept;
    void allowWaits() noexcept;
    void watchReading() noexcept;

    SessionCore& session_;
    EventList messages_;
    EventList tasks_;
    std::uint64_t arrivals_ = 0;
    std::size_t waitingBytes_ = 0;  // of messages
    std::unique_ptr<Event> first_;  // before the others
    std::unique_ptr<Event> last_;
    std::unique_ptr<Event> current_;
    endpoint::Run run_;  // of the current event
    const bool onPool_;
    bool paused_ = false;
    bool held_ = false;
    bool notReading_ = false;
    bool hurried_ = false;  // there is no time for the last event to wait
    bool pumping_ = false;
    bool goesOn_ = false;  // the wait has ended before the step that began it
    Stage stage_ = Stage::Idle;
    std::coroutine_handle<> resume_;  // the step's: where it goes on

    std::recursive_mutex alone_;  // stands for the loop when that has ended

    std::mutex lock_;  // guards what follows
    std::coroutine_handle<> leaf_;
    std::shared_ptr<detail::Wait> wait_;
    bool cancelled_ = false;
};

}  // namespace patchbay::messaging
