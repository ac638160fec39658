#pragma once
// How every server of the benchmark, Patchbay's included, says where it listens. They all take a free port.

#include <cstdint>
#include <cstdio>

namespace bench {

inline void announce(std::uint16_t port) {
    std::printf("listening on http://127.0.0.1:%u\nready\n", unsigned{port});
    std::fflush(stdout);
}

}  // namespace bench
