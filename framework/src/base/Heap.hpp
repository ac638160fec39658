#pragma once
// The C library's heap, which keeps what is given back to it.

namespace patchbay {

/// Gives the system what is free of it. Goes through all of it: for what was large and is rare.   Thread: any.
void trimHeap() noexcept;

}  // namespace patchbay
