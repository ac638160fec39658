#include "base/Heap.hpp"

#include <malloc.h>

namespace patchbay {

void trimHeap() noexcept {
#ifdef __GLIBC__
    ::malloc_trim(0);
#endif
}

}  // namespace patchbay
