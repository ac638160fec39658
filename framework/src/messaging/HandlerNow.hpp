#pragma once
// A handler that need not wait for others: it is called where one is, and what remains of it goes to the session's strand.

#include "messaging/SessionCore.hpp"

#include <memory>
#include <utility>

namespace patchbay::messaging {

/// An event that need not wait. Where its coroutine does, the strand goes on with it as a NewEvent.
template <class NewEvent, class Call, class End, class... Of>
void SessionCore::doNow(Call call, End end, const Of&... of) noexcept {
    endpoint::Run run;
    const endpoint::Outcome outcome = call(run);
    if (outcome == endpoint::Outcome::Unfinished) return strand().adopt(std::make_unique<NewEvent>(of...), std::move(run));
    end(outcome, run);
}

template <class Call>
void SessionCore::doNow(Call call) noexcept {
    endpoint::Run run;
    handled(call(run), run);
}

}  // namespace patchbay::messaging
