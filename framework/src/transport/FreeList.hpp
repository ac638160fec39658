#pragma once
// Memory of one size that a thread gives back and takes again, so that steady traffic allocates nothing. What one
// thread takes another may give back; each keeps a bounded number of free blocks and returns the rest to the heap.

#include <cstddef>
#include <new>

namespace patchbay::transport {

/// Blocks of `BlockBytes`, of which each thread keeps at most `MaxKept` free ones.   Thread: any; no locks.
template <std::size_t BlockBytes, std::size_t MaxKept>
class FreeList {
public:
    static void* take() {
        Kept& kept = kept_;
        if (!kept.first) return ::operator new(BlockBytes);
        Block* block = kept.first;
        kept.first = block->next;
        --kept.count;
        return block;
    }

    static void give(void* memory) noexcept {
        Kept& kept = kept_;
        if (kept.count >= MaxKept || kept.closed) return ::operator delete(memory);
        if (!kept.isTidied) [[unlikely]]
            tidyAtThreadEnd();
        kept.first = new (memory) Block{kept.first};
        ++kept.count;
    }

    /// How many free blocks this thread keeps.
    static std::size_t kept() noexcept { return kept_.count; }

private:
    struct Block {
        Block* next;
    };
    static_assert(BlockBytes >= sizeof(Block));

    struct Kept {
        Block* first = nullptr;
        std::size_t count = 0;
        bool isTidied = false;
        bool closed = false;  ///< the thread is ending: its later destructors must not fill the list again
    };
    struct AtThreadEnd {
        ~AtThreadEnd() {
            kept_.closed = true;
            while (Block* block = kept_.first) {
                kept_.first = block->next;
                ::operator delete(block);
            }
            kept_.count = 0;
        }
    };

    static void tidyAtThreadEnd() noexcept {
        kept_.isTidied = true;
        static thread_local const AtThreadEnd cleaner;
    }

    // Some words in the library's static block: a look at them is a load, not a call.
    static inline thread_local constinit Kept kept_ [[gnu::tls_model("initial-exec")]] {};
};

}  // namespace patchbay::transport
