#pragma once
// From a script that shows a fault to a short one that shows the same: steps go, by halves, by quarters, one by one; what
// is left gives its place to what belongs to it; numbers grow small. What remains is what the fault needs.

#include "Model.hpp"
#include "Script.hpp"

#include <functional>
#include <optional>
#include <span>

namespace patchbay::simulation {

/// Runs a script, and says what was broken.
using Runner = std::function<std::optional<Fault>(std::span<const Step>)>;

struct Shrunk {
    Script script;
    Fault fault;
    std::size_t runs;  ///< that it took
};

/// Requires: `run` finds `fault` in `script`, each time.
Shrunk shrink(Script script, Fault fault, const Runner& run);

}  // namespace patchbay::simulation
