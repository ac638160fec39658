#pragma once
// What runs where, by name: for whoever looks from another thread at a loop that stands still, or at what a stop waits for.
//
// Each loop and each worker has a slot. Whoever calls a user's code puts a label there for as long as the call takes. A label
// stays for as long as the process lives: it may be read at any time, also when the library that it names has been unmapped.

#include <atomic>
#include <string_view>

namespace patchbay::detail {

/// A label, or nullptr for what has none.   Thread: written by the one that it belongs to, read by any.
using RunningSlot = std::atomic<const char*>;

/// The same text, for ever; the same address for the same text.   Thread: any.
const char* internLabel(std::string_view text);

/// The slot of what this thread turns or works for; one that nobody reads on any other thread.
/// Not inline: an inlined copy in another library would read a thread-local variable of its own.
RunningSlot& runningHere() noexcept;

/// Says what runs while it lives; what ran before runs on afterwards.
class Labelled {
public:
    /// Requires: a label that stays for ever.
    Labelled(RunningSlot& slot, const char* label) noexcept
        : slot_{slot}, before_{slot.load(std::memory_order_relaxed)} {
        slot_.store(label, std::memory_order_release);  // who reads it reads its letters too
    }
    Labelled(const Labelled&) = delete;
    Labelled& operator=(const Labelled&) = delete;
    ~Labelled() { slot_.store(before_, std::memory_order_release); }

private:
    RunningSlot& slot_;
    const char* const before_;
};

}  // namespace patchbay::detail
