#pragma once
// Calls the handlers of requests: whoever throws has answered with that.

#include "http/Answer.hpp"
#include "http/ExchangeStrand.hpp"
#include "http/Site.hpp"

#include <memory>

namespace patchbay::http {

/// A handler of whole requests; what it leaves in the response is the answer.   Thread: any; it may block.
void callWhole(const Route& route, const std::shared_ptr<ExchangeCore>& core) noexcept;

/// An asynchronous handler, and the first step of the coroutine that it may be: then where that goes on.   Thread: `loop`'s.
std::shared_ptr<ExchangeStrand> callAsync(const Match& match, const std::shared_ptr<ExchangeCore>& core,
                                          const std::shared_ptr<Loop>& loop) noexcept;

}  // namespace patchbay::http
