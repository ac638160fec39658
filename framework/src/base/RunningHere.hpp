#pragma once
// Whose slot this thread writes what it runs into (patchbay/detail/Labels.hpp): that of the loop that it turns, or of the
// worker that it is.

#include <patchbay/detail/Labels.hpp>

namespace patchbay {

/// Makes `slot` this thread's for as long as it lives; the one before is so again afterwards.
class RunningHere {
public:
    explicit RunningHere(detail::RunningSlot& slot) noexcept;
    RunningHere(const RunningHere&) = delete;
    RunningHere& operator=(const RunningHere&) = delete;
    ~RunningHere();

private:
    detail::RunningSlot* const before_;
};

}  // namespace patchbay
