#pragma once
// How much memory this process may have.

#include <patchbay/limits.hpp>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string_view>

namespace patchbay::server {

/// What peers may have a server hold: what is `wanted`, 0 for no limit; nothing wanted: half of what the process may have.   Units: bytes.
std::size_t memoryBudget(std::optional<Size> wanted);

/// How much of its address space a server keeps for what is small: less than usual where the process may have little, since it has to
/// start, too.   Units: bytes.
std::size_t memoryReserve() noexcept;

/// What a process may have: the least of the machine's memory, its limit on address space, and the limits of its control groups.
std::size_t allowedMemory();

/// The least `memory.max` of a control group and those above it; nothing where none has one.
/// `groups`: where they are mounted. `membership`: as /proc/self/cgroup has it.   Source: Linux, Control Group v2
std::optional<std::size_t> memoryOfGroups(const std::filesystem::path& groups, std::string_view membership);

}  // namespace patchbay::server
