#include "CompressionConfig.hpp"

#include "Deflater.hpp"

namespace patchbay::compression {

std::vector<std::string> problemsOf(const CompressionConfig& config) {
    std::vector<std::string> problems;
    const auto require = [&](std::string_view key, int value, int least, int most) {
        if (value >= least && value <= most) return;
        problems.push_back(std::string{key} + ": " + std::to_string(value) + " is not between " +
                           std::to_string(least) + " and " + std::to_string(most));
    };
    require("level", config.level, Deflater::kLeastLevel, Deflater::kMostLevel);
    require("serverMaxWindowBits", config.serverMaxWindowBits, 8, 15);
    require("clientMaxWindowBits", config.clientMaxWindowBits, 8, 15);
    return problems;
}

}  // namespace patchbay::compression
