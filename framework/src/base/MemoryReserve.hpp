#pragma once
// What is left for small things when there is no memory left: an entry of a loop's queue, a timer, a text for the log. These are asked for
// where nobody could say no, or would know what to do: at the end of a connection, in a timer that fires.
//
//     held ── an allocation fails: given back, and it is tried again ──▶ out ── taken back by a memory watch, when there is some ──▶ held
//                └─ fails again: it was too large. Taken back, std::bad_alloc
//
// Each thread has one try for each time that it is given back, whoever had it given back. While it is out nobody gets memory of a size
// that he sets (MemoryBudget::require()), and load is shed (server/MemoryWatch). So it is for what that takes, and for that it is large.
// What fails then ends the process where nothing may be thrown.
//
// It is address space that nobody touches, and costs no memory (but where a process locks all that it has, mlockall(2)). It works by
// std::set_new_handler(), which is the process's: it is set by the first server that there is and unset with the last, what an
// application had set before is called where this one would give up, and what it sets meanwhile stays. `server.memoryReserve: off` for
// an application that will have none of it. A sanitizer's operator new calls no handler.

#include <cstddef>

namespace patchbay {

/// While there is one the process has its reserve, the same for all.   Thread: any.
class MemoryReserve {
public:
    /// More than glibc ever has in a heap (M_MMAP_THRESHOLD, at most 32 MiB): it goes back to the kernel, and changes nothing of how the
    /// rest is kept.
    static constexpr std::size_t kBytes = std::size_t{33} << 20;
    /// So much at least, where it is taken back from a heap that the kernel gives no more.
    static constexpr std::size_t kLeast = std::size_t{1} << 20;

    MemoryReserve() noexcept;
    ~MemoryReserve();
    MemoryReserve(const MemoryReserve&) = delete;

    /// Something small lives on it.
    static bool isOut() noexcept;
    /// What there is of it.   Units: bytes.
    static std::size_t heldBytes() noexcept;
    /// Takes it back, where there is memory again.   Returns: whether it is held.
    static bool refill() noexcept;
};

}  // namespace patchbay
