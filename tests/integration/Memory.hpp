#pragma once
// How much memory this process holds, without what the kernel keeps for its sockets.

#include <cstddef>
#include <fstream>
#include <stdexcept>
#include <string>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define PATCHBAY_ADDRESS_SANITIZER
#include <sanitizer/allocator_interface.h>
#endif
#endif

namespace patchbay::test {

#ifdef PATCHBAY_ADDRESS_SANITIZER

/// AddressSanitizer keeps what is freed for a while, so it is asked what is in use.   Units: bytes.
inline std::size_t residentBytes() { return __sanitizer_get_current_allocated_bytes(); }

#else

/// Units: bytes.
inline std::size_t residentBytes() {
    std::ifstream status{"/proc/self/status"};
    for (std::string word; status >> word;) {
        std::size_t kib = 0;
        if (word == "RssAnon:" && status >> kib) return kib * 1024;
    }
    throw std::runtime_error{"/proc/self/status has no RssAnon"};
}

#endif

}  // namespace patchbay::test
