#pragma once
// One thing that the handlers of a session do: what it needs, for as long as it waits and runs. A session that can do it at
// once makes none.

#include "base/MemoryBudget.hpp"
#include "endpoint/Dispatcher.hpp"

#include <patchbay/bytes.hpp>
#include <patchbay/close.hpp>
#include <patchbay/session.hpp>
#include <patchbay/task.hpp>

#include <exception>
#include <memory>
#include <string_view>

namespace patchbay::messaging {

class RequestScope;
class SessionCore;

class Event {
public:
    Event() noexcept = default;
    Event(const Event&) = delete;
    virtual ~Event() = default;

    /// Its turn has come. False when there is nothing left to do.   Thread: the loop's.
    virtual bool begin(SessionCore&) noexcept { return true; }
    /// Calls the handler.   Thread: the loop's, or the pool's.   Requires: `run` lives until the outcome is not Unfinished.
    virtual endpoint::Outcome run(SessionCore& session, const Session& handle, endpoint::Run& run) noexcept = 0;
    /// Takes what its handler has returned, where that is not simply sent.   Thread: that of run().
    virtual bool reply(MessageKind, Bytes) { return false; }
    /// What its handler publishes to histories belongs to; nullptr: nothing.   Thread: as before.
    virtual RequestScope* scope() noexcept { return nullptr; }
    /// Its coroutine waits.   Thread: the loop's.
    virtual void suspended(SessionCore&) noexcept {}
    /// It is over, and this is how.   Thread: the loop's.
    virtual void note(const endpoint::Run&) noexcept {}
    /// Behind that.   `refusal`: Run::refusal().   Thread: the loop's.
    virtual void end(SessionCore& session, endpoint::Outcome outcome, std::string_view refusal) noexcept;

    /// What of the receive queue it takes.   Units: bytes.
    virtual std::size_t bytes() const noexcept { return 0; }

private:
    friend class EventList;
    friend class Strand;
    std::unique_ptr<Event> next_;
    std::uint64_t arrival_ = 0;
};

/// First in, first out.
class EventList {
public:
    EventList() noexcept = default;
    EventList(const EventList&) = delete;
    ~EventList() { clear(); }
    bool empty() const noexcept { return !first_; }
    const Event* front() const noexcept { return first_.get(); }
    void push(std::unique_ptr<Event> event) noexcept;
    /// Requires: not empty.
    std::unique_ptr<Event> pop() noexcept;
    void clear() noexcept {
        while (first_) pop();
    }

private:
    std::unique_ptr<Event> first_;
    Event* newest_ = nullptr;
};

/// One that has begun at once, and whose coroutine has not ended.
class BegunEvent final : public Event {
public:
    endpoint::Outcome run(SessionCore&, const Session&, endpoint::Run&) noexcept override { return endpoint::Outcome::Fine; }
};

class OpenEvent final : public Event {
public:
    endpoint::Outcome run(SessionCore& session, const Session& handle, endpoint::Run& run) noexcept override;
    void end(SessionCore& session, endpoint::Outcome outcome, std::string_view refusal) noexcept override;
};

/// A message with its bytes.
class MessageEvent : public Event {
public:
    MessageEvent(MessageKind kind, Bytes payload);
    bool begin(SessionCore& session) noexcept override;
    endpoint::Outcome run(SessionCore& session, const Session& handle, endpoint::Run& run) noexcept override;
    std::size_t bytes() const noexcept override { return sizeof(MessageEvent) + size_; }

protected:
    MessageKind kind() const noexcept { return kind_; }
    Bytes payload() const noexcept { return {block_.get(), size_}; }

private:
    void keep(Bytes payload);

    std::unique_ptr<std::byte[]> block_;  // the payload, and kSlackBytes behind it
    std::size_t size_ = 0;
    HeldBytes<Held::Messages> held_;  // of that
    const MessageKind kind_;
    std::exception_ptr refused_;  // by an interceptor
};

/// A task that was posted.
class TaskEvent final : public Event {
public:
    explicit TaskEvent(Task task) noexcept : task_{std::move(task)} {}
    bool begin(SessionCore& session) noexcept override;
    endpoint::Outcome run(SessionCore& session, const Session& handle, endpoint::Run& run) noexcept override;

private:
    Task task_;
};

/// A message that could not be received.
class ErrorEvent final : public Event {
public:
    // NOLINTNEXTLINE(bugprone-throw-keyword-missing): it is kept, to be given to a handler
    explicit ErrorEvent(std::exception_ptr error) noexcept : error_{std::move(error)} {}
    bool begin(SessionCore& session) noexcept override;
    endpoint::Outcome run(SessionCore& session, const Session& handle, endpoint::Run& run) noexcept override;

private:
    const std::exception_ptr error_;
};

/// The last one.
class CloseEvent final : public Event {
public:
    explicit CloseEvent(CloseReason reason) noexcept : reason_{std::move(reason)} {}
    bool begin(SessionCore& session) noexcept override;
    endpoint::Outcome run(SessionCore& session, const Session& handle, endpoint::Run& run) noexcept override;
    void end(SessionCore& session, endpoint::Outcome outcome, std::string_view refusal) noexcept override;

private:
    const CloseReason reason_;
    bool isDue_ = false;
};

}  // namespace patchbay::messaging
