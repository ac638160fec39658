#include "server/ConnectionBounds.hpp"

#include "base/Log.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <limits>
#include <string>
#include <system_error>

namespace patchbay::server {
namespace {

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max() / 2;

std::size_t allowedDescriptors() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kNoLimit;
    return static_cast<std::size_t>(limit.rlim_cur);
}

std::size_t usedDescriptors() {
    std::error_code error;
    const std::filesystem::directory_iterator open{"/proc/self/fd", error};
    return error ? 0 : static_cast<std::size_t>(std::distance(begin(open), end(open)));
}

}  // namespace

ConnectionBounds connectionBounds(std::size_t wanted, std::size_t allowed, std::size_t used) noexcept {
    const auto spare = [](std::size_t of) { return std::clamp<std::size_t>(of / 32, 16, 512); };
    constexpr std::size_t kLeast = 8;
    const std::size_t others = used + 2 * spare(allowed);  // descriptors, and the newcomers beyond `most`
    const std::size_t possible = std::max(allowed > others ? allowed - others : 0, kLeast);
    const std::size_t most = wanted == 0 ? possible : std::min(wanted, possible);
    return {most, most + std::min(spare(most), spare(allowed))};
}

ConnectionBounds connectionBounds(std::size_t wanted) {
    const std::size_t allowed = allowedDescriptors();
    const ConnectionBounds bounds = connectionBounds(wanted, allowed, usedDescriptors());
    if (wanted > bounds.most) {
        log::warning("listener", "server.maxConnections: " + std::to_string(wanted) + " is more than the " + std::to_string(allowed) +
                                     " open files of this process allow, which is " + std::to_string(bounds.most) +
                                     " connections (raise the limit: ulimit -n, or LimitNOFILE in a unit)");
    }
    return bounds;
}

}  // namespace patchbay::server
