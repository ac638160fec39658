#pragma once
// Runs that may not come to an end of their own: a fault may be a crash, or a loop for ever.

#include "Model.hpp"
#include "Script.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace patchbay::simulation {

/// Runs a script in a process of its own. A crash is a fault of Rule::Crash, and so is a run that takes more than kPatience.
std::optional<Fault> runApart(std::span<const Step> script);

/// While it lives, whoever crashes or runs for more than kPatience says at what seed.
class Watched {
public:
    explicit Watched(std::uint64_t seed) noexcept;
    Watched(const Watched&) = delete;
    ~Watched();
};

}  // namespace patchbay::simulation
