#include "server/AllowedMemory.hpp"

#include "base/MemoryReserve.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <system_error>

namespace patchbay::server {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kUnknown = std::numeric_limits<std::size_t>::max();
/// Less than that is no server's.
constexpr std::size_t kLeast = std::size_t{16} << 20;

std::string textOf(const fs::path& file) {
    std::ifstream stream{file};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

std::size_t ofMachine() noexcept {
    const long pages = ::sysconf(_SC_PHYS_PAGES), size = ::sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? static_cast<std::size_t>(pages) * static_cast<std::size_t>(size) : kUnknown;
}

std::size_t ofAddressSpace() noexcept {
    rlimit limit{};
    const bool isLimited = ::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    return isLimited ? static_cast<std::size_t>(limit.rlim_cur) : kUnknown;
}

}  // namespace

std::size_t memoryBudget(std::optional<Size> wanted) {
    return wanted ? wanted->bytes : std::max(allowedMemory() / 2, kLeast);
}

std::size_t memoryReserve() noexcept { return std::min(MemoryReserve::kBytes, ofAddressSpace() / 16); }

std::size_t allowedMemory() {
    const auto ofGroups = memoryOfGroups("/sys/fs/cgroup", textOf("/proc/self/cgroup"));
    return std::min({ofMachine(), ofAddressSpace(), ofGroups.value_or(kUnknown)});
}

std::optional<std::size_t> memoryOfGroups(const fs::path& groups, std::string_view membership) {
    constexpr std::string_view kUnified = "0::/";
    const auto begin = membership.starts_with(kUnified) ? 0 : membership.find("\n0::/");
    if (begin == std::string_view::npos) return std::nullopt;
    std::string_view name = membership.substr(membership.find("0::/", begin) + kUnified.size());
    name = name.substr(0, name.find('\n'));
    std::optional<std::size_t> least;
    for (fs::path group{name};; group = group.parent_path()) {
        const std::string text = textOf(groups / group / "memory.max");  // "max" where there is none
        std::size_t bytes = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
        if (error == std::errc{}) least = std::min(least.value_or(kUnknown), bytes);
        if (group.empty()) return least;
    }
}

}  // namespace patchbay::server
