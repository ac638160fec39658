#pragma once
// What an operator may set. The defaults are those measured best for small JSON messages; README.md has the figures.

#include <patchbay/config.hpp>

#include <string>
#include <vector>

namespace patchbay::compression {

struct CompressionConfig {
    /// Messages below this size are sent as they are.   Units: bytes of payload. Default: 256 B.
    Size threshold{256_B};
    /// What all sessions together may hold between two messages. A session for which nothing is left still compresses,
    /// each message on its own. 0: every session does.   Units: bytes. Default: 56 MiB, which leaves the allocator its
    /// share of 64 MB.
    Size memoryBudget{56_MiB};
    /// How hard to try: 1 is the fastest, 3 the smallest.   Units: 1 to 3. Default: 1.
    int level = 1;
    /// The window that the server compresses with: 2^bits bytes, unless a client asks for a smaller one.
    /// Units: 8 to 15. Default: 12.
    int serverMaxWindowBits = 12;
    /// The window that clients are asked to compress with, those that can be asked.   Units: 8 to 15. Default: 12.
    int clientMaxWindowBits = 12;
};

/// What is wrong with it, in one sentence each; empty if nothing is.
std::vector<std::string> problemsOf(const CompressionConfig& config);

}  // namespace patchbay::compression
