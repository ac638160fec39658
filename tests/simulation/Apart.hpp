#pragma once
// Runs in processes of their own, since a fault may be a crash, or a loop for ever.

#include "Model.hpp"
#include "Script.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

namespace patchbay::simulation {

/// Runs a script. A crash is a fault of Rule::Crash, and so is a run that takes longer than kPatience.
std::optional<Fault> runApart(std::span<const Step> script);

/// How a process has ended.
struct Ended {
    int code = 0;            ///< what it returned
    std::string_view crash;  ///< empty: it has ended of its own
};
/// Another process, which does `work` and ends with what that returns.
class Process {
public:
    explicit Process(const std::function<int()>& work);
    /// Requires: once.
    Ended wait() const;

private:
    int id_;
};
/// This process is killed when it does not call this again within kPatience.
void stillAlive() noexcept;
/// A number that this process and those that it starts have in common. It lives as long as they do.
std::atomic<std::uint64_t>& sharedNumber();

}  // namespace patchbay::simulation
