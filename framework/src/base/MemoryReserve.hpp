#pragma once
// What is left for small things when there is no memory left: an entry of a loop's queue, a timer, a text for the log. These are asked for
// where nobody could say no, or would know what to do: at the end of a connection, in a timer that fires.
//
//     held ── an allocation fails: given back, and it is tried again ──▶ out ── taken back by a memory watch, when there is some ──▶ held
//                └─ fails again: it was too large. Taken back, std::bad_alloc
//
// What a thread may have of the heap depends on the thread: glibc gives each an arena of 64 MiB of addresses. Where there is no room for
// the next one it maps a page or two for each piece, however small: 13 MiB of addresses that are given back are 3,400 entries then, and
// some hundred newcomers use them up. So each loop's thread keeps some that is cut from its own arena as finely as it is asked for, from
// its beginning on; and where the kernel gives nothing any more, though the heap has much that is free, its watch gathers more of that.
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
    static constexpr std::size_t kBytes = std::size_t{32} << 20;
    /// What a thread gathers for itself, in pieces that a heap has which is full of holes, as half messages leave them: some thousand
    /// sessions may end in one turn of a loop, each with an entry or two and a line for the log.
    static constexpr std::size_t kGathered = std::size_t{8} << 20, kPiece = (std::size_t{8} << 10) - 64;
    /// What a loop's thread has of its own before anything is short, in pieces of which few pages are touched.
    static constexpr std::size_t kKept = std::size_t{2} << 20, kFirstPiece = std::size_t{64} << 10;

    /// So much, where it is the first that there is.
    explicit MemoryReserve(std::size_t bytes = kBytes) noexcept;
    ~MemoryReserve();
    MemoryReserve(const MemoryReserve&) = delete;

    /// Something small lives on it, and this thread has gathered nothing else.
    static bool isOut() noexcept;
    /// What there is of it.   Units: bytes.
    static std::size_t heldBytes() noexcept;
    /// This thread has some of its own from here on, until letGo().
    static void keepSome() noexcept;
    /// Takes it back, where there is memory again, or gathers enough for this thread.   Returns: whether there was as much.
    static bool refill() noexcept;
    /// Gives back what this thread has gathered: it ends.
    static void letGo() noexcept;
};

}  // namespace patchbay
