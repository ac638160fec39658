#pragma once
// The C library's heap, which keeps what is given back to it.

namespace patchbay {

/// Gives the system what is free of it, unless it has done so within the last two seconds: it goes through all of it, and peers decide
/// how often something large goes.   Thread: any.
void trimHeap() noexcept;

}  // namespace patchbay
