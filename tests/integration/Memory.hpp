#pragma once
// How much memory this process holds, without what the kernel keeps for its sockets.

#include <cstddef>
#include <fstream>
#include <stdexcept>
#include <string>

namespace patchbay::test {

/// Units: bytes.
inline std::size_t residentBytes() {
    std::ifstream status{"/proc/self/status"};
    for (std::string word; status >> word;) {
        std::size_t kib = 0;
        if (word == "RssAnon:" && status >> kib) return kib * 1024;
    }
    throw std::runtime_error{"/proc/self/status has no RssAnon"};
}

}  // namespace patchbay::test
