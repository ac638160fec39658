#pragma once
// How many connections a server has descriptors for.

#include <cstddef>

namespace patchbay::server {

struct ConnectionBounds {
    /// So many are served; one more makes room, or hears 503.
    std::size_t most;
    /// With so many the next is closed as soon as it is accepted: what lies between is for those who hear 503, or ask for health.
    std::size_t hardMark;
};

/// `wanted` as far as there are descriptors, now and for this process; 0: as many as there are, less what files and libraries may need.
/// Errors: none; told in the log where there are too few.
ConnectionBounds connectionBounds(std::size_t wanted);

/// The same for a process that has `allowed` descriptors, of which it uses some already.
ConnectionBounds connectionBounds(std::size_t wanted, std::size_t allowed, std::size_t used) noexcept;

}  // namespace patchbay::server
