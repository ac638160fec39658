#include "messaging/Strand.hpp"

#include "base/Guarded.hpp"
#include "base/TaskPool.hpp"
#include "base/TimedTask.hpp"
#include "messaging/RequestScope.hpp"
#include "messaging/SessionCore.hpp"

#include <patchbay/detail/Labels.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace patchbay::messaging {

using endpoint::Outcome, endpoint::Run;

/// A step that was made on the pool has ended.
class Strand::StepDone final : public LoopEntry {
public:
    StepDone(std::shared_ptr<SessionCore> session, Outcome outcome) noexcept : session_{std::move(session)}, outcome_{outcome} {}
    void run() noexcept override {
        Strand& strand = session_->strand();
        strand.take(outcome_);
        strand.pump();
    }

private:
    const std::shared_ptr<SessionCore> session_;
    const Outcome outcome_;
};

/// What a coroutine has waited for is there.
class Strand::GoOn final : public LoopEntry {
public:
    explicit GoOn(std::shared_ptr<SessionCore> session) noexcept : session_{std::move(session)} {}
    void run() noexcept override {
        Strand& strand = session_->strand();
        strand.resumed();
        strand.pump();
    }

private:
    const std::shared_ptr<SessionCore> session_;
};

// ------------------------------------------------------------------------------------------------ what comes

void Strand::adopt(std::unique_ptr<Event> event, Run run) noexcept {
    current_ = std::move(event);
    run_ = std::move(run);
    stage_ = Stage::Running;
    take(Outcome::Unfinished);
    pump();
}

void Strand::put(EventList& list, std::unique_ptr<Event> event) noexcept {
    event->arrival_ = ++arrivals_;
    waitingBytes_ += event->bytes();
    list.push(std::move(event));
    pump();
}

void Strand::setPaused(bool paused) noexcept {
    paused_ = paused && !last_;
    pump();
}

void Strand::hold() noexcept {
    held_ = !last_;
    pump();
}

void Strand::begin(std::unique_ptr<Event> first) noexcept {
    first_ = std::move(first);
    held_ = false;
    pump();
}

void Strand::end(std::unique_ptr<Event> last, bool byPeer) noexcept {
    last_ = std::move(last);
    paused_ = held_ = false;
    first_.reset();
    tasks_.clear();
    if (!byPeer) dropMessages();
    cancel();
    pump();
}

void Strand::hurry() noexcept {
    hurried_ = true;
    dropMessages();
    cancel();
}

void Strand::dropMessages() noexcept {
    messages_.clear();
    waitingBytes_ = 0;
}

// ------------------------------------------------------------------------------------------------ one after the other

/// Never inside itself: what an event does may put another.
void Strand::pump() noexcept {
    if (pumping_) return;
    const auto keep = session_.shared_from_this();
    pumping_ = true;
    while (stage_ == Stage::Ready || (stage_ == Stage::Idle && beginNext())) {
        stage_ = Stage::Running;
        if (onPool_ && handOver()) break;
        take(step());
    }
    pumping_ = false;
    watchReading();
    session_.strandChanged();
}

/// False when nothing is to be done.
bool Strand::beginNext() noexcept {
    while (auto event = choose()) {
        if (!event->begin(session_)) continue;
        current_ = std::move(event);
        stage_ = Stage::Ready;
        return true;
    }
    return false;
}

std::unique_ptr<Event> Strand::choose() noexcept {
    if (!session_.isOpen() && !last_) return nullptr;  // somebody closes: end() comes soon
    if (held_) return nullptr;
    if (first_) return std::move(first_);
    const bool message = !paused_ && !messages_.empty();
    if (!tasks_.empty() && (!message || tasks_.front()->arrival_ < messages_.front()->arrival_)) return tasks_.pop();
    if (!message) {
        if (last_ && !hurried_ && !session_.loop().queue().isClosed()) allowWaits();
        return std::move(last_);
    }
    auto event = messages_.pop();
    waitingBytes_ -= event->bytes();
    return event;
}

/// False when the pool has ended: then the step is the loop's.
bool Strand::handOver() noexcept {
    return session_.endpoint().server->pool->put([session = session_.shared_from_this()] { session->strand().stepOnPool(); });
}

void Strand::stepOnPool() noexcept {
    const auto keep = session_.shared_from_this();
    const Outcome outcome = step();
    if (session_.loop().queue().put(std::make_unique<StepDone>(keep, outcome))) return;
    const std::lock_guard guard{alone_};
    take(outcome);
    finishAlone();
}

/// The loop has ended, since the server would not wait for a handler any longer: what is left is done by whoever comes back,
/// one at a time.
void Strand::finishAlone() noexcept {
    pump();
    if (stage_ == Stage::Suspended) cancel();  // and goOn(), at once or when what is under way on the pool has returned
}

/// On the loop or on the pool.
Outcome Strand::step() noexcept {
    const Session handle{session_.shared_from_this()};
    const RequestScope::Running scoped{current_->scope()};
    const auto leaf = std::exchange(resume_, {});
    if (!leaf) return current_->run(session_, handle, run_);
    {
        const detail::Labelled labelled{detail::runningHere(), run_.coroutine.label()};
        leaf.resume();
    }
    return run_.coroutine.done() ? session_.goOn(handle, run_) : Outcome::Unfinished;
}

void Strand::take(Outcome outcome) noexcept {
    if (outcome == Outcome::Unfinished) {
        stage_ = Stage::Suspended;
        current_->suspended(session_);
        if (std::exchange(goesOn_, false)) resumed();
        return;
    }
    const auto event = std::move(current_);
    const std::string refusal = run_.refusal();
    event->note(run_);
    run_ = {};  // what it threw may be of a library that goes with the session
    stage_ = Stage::Idle;
    event->end(session_, outcome, refusal);
}

// ------------------------------------------------------------------------------------------------ coroutines

bool Strand::suspend(std::coroutine_handle<> leaf, std::shared_ptr<detail::Wait> wait) noexcept {
    const std::lock_guard guard{lock_};
    if (cancelled_) return false;
    leaf_ = leaf;
    wait_ = std::move(wait);
    return true;
}

void Strand::goOn() noexcept {
    const auto keep = session_.shared_from_this();
    if (session_.loop().queue().put(std::make_unique<GoOn>(keep))) return;
    const std::lock_guard guard{alone_};
    resumed();
    finishAlone();
}

void Strand::resumed() noexcept {
    if (stage_ != Stage::Suspended) {
        goesOn_ = true;  // behind the step that is being made
        return;
    }
    std::shared_ptr<detail::Wait> ended;  // destroyed without the lock
    const std::lock_guard guard{lock_};
    resume_ = std::exchange(leaf_, {});
    ended = std::exchange(wait_, nullptr);
    stage_ = Stage::Ready;
}

void Strand::cancel() noexcept {
    std::shared_ptr<detail::Wait> wait;
    {
        const std::lock_guard guard{lock_};
        cancelled_ = true;
        wait = wait_;
    }
    if (wait) wait->end(detail::Wait::End::Cancelled);
}

/// What the last event waits for is not of a session that goes on.
void Strand::allowWaits() noexcept {
    const std::lock_guard guard{lock_};
    cancelled_ = false;
}

/// Not a task of the session's, which would wait for this coroutine's end.
Timer Strand::after(std::chrono::milliseconds delay, Task task) {
    return Timer{LoopTask::once(session_.sharedLoop(), delay, std::move(task), "a coroutine's timer")};
}

std::shared_ptr<detail::Strand> Strand::self() noexcept { return {session_.shared_from_this(), this}; }

// ------------------------------------------------------------------------------------------------ the peer's window

/// A part of the queue has to be free before reading goes on: not for each message a call to the kernel.
void Strand::watchReading() noexcept {
    const std::size_t most = session_.receiveQueue();
    if (!notReading_ && waitingBytes_ >= most) {
        notReading_ = true;
        session_.pauseReading(SessionCore::Pause::HandlersAreBusy);
    } else if (notReading_ && waitingBytes_ <= most / 2) {
        notReading_ = false;
        session_.resumeReading(SessionCore::Pause::HandlersAreBusy);
    }
}

}  // namespace patchbay::messaging
