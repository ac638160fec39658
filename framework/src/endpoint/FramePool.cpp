#include <patchbay/detail/Coroutine.hpp>

#include <array>
#include <cstddef>
#include <new>

// AddressSanitizer is told what is kept, or it could not see a frame that is used after its end.
#if defined(__SANITIZE_ADDRESS__)
#define PATCHBAY_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PATCHBAY_ADDRESS_SANITIZER
#endif
#endif
#ifdef PATCHBAY_ADDRESS_SANITIZER
extern "C" void __asan_poison_memory_region(const volatile void* begin, std::size_t bytes);
extern "C" void __asan_unpoison_memory_region(const volatile void* begin, std::size_t bytes);
#endif

namespace patchbay::detail {
namespace {

constexpr std::size_t kStep = 64;   // sizes are multiples of it
constexpr std::size_t kSizes = 32;  // up to 2 KiB
constexpr std::size_t kKeptBytes = std::size_t{16} << 10;

struct Block {
    Block* next;
};
struct Kept {
    Block* first = nullptr;
    std::size_t bytes = 0;
};
struct Pool {
    std::array<Kept, kSizes> sizes{};
    bool isTidied = false;  // at the thread's end
    bool closed = false;    // the thread is ending: its later destructors must not fill the lists again
};

// In the library's static block: a look at it is a load, not a call.
__attribute__((tls_model("initial-exec"))) constinit thread_local Pool pool{};

constexpr std::size_t rounded(std::size_t bytes) noexcept { return (bytes + kStep - 1) / kStep * kStep; }
constexpr std::size_t indexOf(std::size_t roundedBytes) noexcept { return roundedBytes / kStep - 1; }

void hide([[maybe_unused]] Block* block, [[maybe_unused]] std::size_t bytes) noexcept {
#ifdef PATCHBAY_ADDRESS_SANITIZER
    __asan_poison_memory_region(block + 1, bytes - sizeof(Block));
#endif
}
void show([[maybe_unused]] Block* block, [[maybe_unused]] std::size_t bytes) noexcept {
#ifdef PATCHBAY_ADDRESS_SANITIZER
    __asan_unpoison_memory_region(block, bytes);
#endif
}

struct AtThreadEnd {
    ~AtThreadEnd() {
        pool.closed = true;
        for (std::size_t index = 0; index < kSizes; ++index) {
            Kept& kept = pool.sizes[index];
            while (Block* const block = kept.first) {
                kept.first = block->next;
                show(block, (index + 1) * kStep);
                ::operator delete(block);
            }
            kept.bytes = 0;
        }
    }
};

void tidyAtEnd() noexcept {
    static thread_local const AtThreadEnd tidied;
    pool.isTidied = true;
}

}  // namespace

void* allocateFrame(std::size_t bytes) {
    const std::size_t size = rounded(bytes);
    if (size <= kSizes * kStep) {
        Kept& kept = pool.sizes[indexOf(size)];
        if (Block* const block = kept.first) {
            kept.first = block->next;
            kept.bytes -= size;
            show(block, size);
            return block;
        }
    }
    return ::operator new(size);
}

void freeFrame(void* frame, std::size_t bytes) noexcept {
    const std::size_t size = rounded(bytes);
    if (size > kSizes * kStep || pool.closed) return ::operator delete(frame);
    Kept& kept = pool.sizes[indexOf(size)];
    if (kept.bytes + size > kKeptBytes) return ::operator delete(frame);
    if (!pool.isTidied) tidyAtEnd();
    kept.first = new (frame) Block{kept.first};
    kept.bytes += size;
    hide(kept.first, size);
}

}  // namespace patchbay::detail
