#pragma once
// Calls the handlers of an endpoint, and is the one place where what they throw is caught.
//
//     thrown                                  goes to               and then
//     Refused by open                         the error handler     the session closes with 1008 and the refusal's code
//     anything else by open                   the error handler     the session closes with 1011
//     anything by message, a task             the error handler     the session stays; without one it closes with 1011
//     DecodeError                             the error handler     the session stays, also without one
//     MessageTooBig                           the error handler     the session closes with 1009
//     SessionClosed                           the error handler     the session stays, also without one
//     anything by close                       the error handler
//     anything by the error handler           the log
// Without an error handler every error is logged; SessionClosed at debug level, since peers leave when they like, also while
// they are being answered. Texts of exceptions never go on the wire. A peer whose open handler failed is never served: what
// that handler was to look at, such as a path parameter that is no number, has not been looked at.
// Source: Jakarta WebSocket §4.3, §4.5, §4.7, §5.2.2

#include "base/Log.hpp"

#include <patchbay/detail/EndpointModel.hpp>
#include <patchbay/task.hpp>

#include <cstdint>
#include <string>

namespace patchbay::endpoint {

/// What the session has to do after a handler.
enum class Outcome : std::uint8_t { Fine, CloseTooBig, CloseFailed, CloseRefused };

/// The same after the open handler.
struct Opening {
    Outcome outcome = Outcome::Fine;
    std::string refusal = {};  ///< CloseRefused: what the peer is told
};

/// Requires: the model lives longer.   Thread: per instance one at a time.
class Dispatcher {
public:
    explicit Dispatcher(const detail::EndpointModel& model)
        : model_{model}, taskLabel_{detail::internLabel("a task of " + model.className)} {}

    Opening open(void* instance, const detail::OpenCall& call) const noexcept;
    Outcome message(MessageKind kind, void* instance, const detail::MessageCall& call) const noexcept;
    void close(void* instance, const detail::CloseCall& call) const noexcept;
    /// A task that the application posted.
    Outcome task(void* instance, const detail::Call& call, Task& task) const noexcept;
    /// An error that arose outside of any handler.
    Outcome error(void* instance, const detail::Call& call, std::exception_ptr error) const noexcept;

private:
    template <class Run>
    Outcome guarded(const char* handler, void* instance, const detail::Call& call, Run run) const noexcept;
    Outcome route(const char* handler, void* instance, const detail::Call& call, std::exception_ptr error) const noexcept;
    bool handled(void* instance, const detail::Call& call, const std::exception_ptr& error) const noexcept;
    void log(log::Level level, const char* handler, const std::exception_ptr& error) const noexcept;

    const detail::EndpointModel& model_;
    const char* const taskLabel_;
};

}  // namespace patchbay::endpoint
