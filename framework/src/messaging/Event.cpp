#include "messaging/Event.hpp"

#include "messaging/SessionCore.hpp"

#include <cstring>
#include <utility>

namespace patchbay::messaging {

using endpoint::Outcome, endpoint::Run;

void Event::end(SessionCore& session, Outcome outcome, std::string_view) noexcept { session.obey(outcome); }

void EventList::push(std::unique_ptr<Event> event) noexcept {
    Event* const added = event.get();
    (newest_ ? newest_->next_ : first_) = std::move(event);
    newest_ = added;
}

std::unique_ptr<Event> EventList::pop() noexcept {
    std::unique_ptr<Event> event = std::move(first_);
    first_ = std::move(event->next_);
    if (!first_) newest_ = nullptr;
    return event;
}

// ------------------------------------------------------------------------------------------------ the beginning

Outcome OpenEvent::run(SessionCore& session, const Session& handle, Run& run) noexcept { return session.callOpen(handle, run); }
void OpenEvent::end(SessionCore& session, Outcome outcome, std::string_view refusal) noexcept {
    session.opened(outcome, refusal);
}

// ------------------------------------------------------------------------------------------------ messages and tasks

MessageEvent::MessageEvent(MessageKind kind, Bytes payload) : kind_{kind} { keep(payload); }

void MessageEvent::keep(Bytes payload) {
    auto block = std::make_unique_for_overwrite<std::byte[]>(payload.size() + kSlackBytes);
    if (!payload.empty()) std::memcpy(block.get(), payload.data(), payload.size());
    std::memset(block.get() + payload.size(), 0, kSlackBytes);
    block_ = std::move(block);
    size_ = payload.size();
    held_.set(size_);
}

/// Hooks stay on the loop.
bool MessageEvent::begin(SessionCore& session) noexcept {
    try {
        Bytes payload{block_.get(), size_};
        InterceptedMessage message{kind_, payload};
        if (!session.intercept(message)) return false;
        if (message.payload().data() != block_.get()) keep(message.payload());
    } catch (...) {
        refused_ = std::current_exception();
    }
    return true;
}

Outcome MessageEvent::run(SessionCore& session, const Session& handle, Run& run) noexcept {
    if (refused_) return session.callError(handle, refused_, run);
    const EndpointCode::Lent decoding = session.code().lend();
    (*decoding).hadLarge = size_ > EndpointCode::Decoding::kLarge;
    return session.callMessage(handle, {kind_, {block_.get(), size_}, kSlackBytes}, *decoding, run);
}

bool TaskEvent::begin(SessionCore& session) noexcept { return session.isOpen(); }
Outcome TaskEvent::run(SessionCore& session, const Session& handle, Run& run) noexcept {
    return session.callTask(handle, task_, run);
}

bool ErrorEvent::begin(SessionCore& session) noexcept { return session.wasOpened(); }
Outcome ErrorEvent::run(SessionCore& session, const Session& handle, Run& run) noexcept {
    return session.callError(handle, error_, run);
}

// ------------------------------------------------------------------------------------------------ the end

/// Also where no handler is due: end() is.
bool CloseEvent::begin(SessionCore& session) noexcept {
    isDue_ = session.wasOpened();
    return true;
}
Outcome CloseEvent::run(SessionCore& session, const Session& handle, Run& run) noexcept {
    return isDue_ ? session.callClose(handle, reason_, run) : Outcome::Fine;
}
void CloseEvent::end(SessionCore& session, Outcome, std::string_view) noexcept { session.closed(reason_); }

}  // namespace patchbay::messaging
