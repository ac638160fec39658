#include "Trace.hpp"

namespace patchbay::simulation {

void Trace::print(const char* what, std::uint64_t a, std::uint64_t b, std::uint64_t c) const noexcept {
    std::fprintf(lines_, "        ");
    std::fprintf(lines_, what, a, b, c);  // NOLINT(clang-diagnostic-format-nonliteral): what add() requires
    std::fputc('\n', lines_);
}

}  // namespace patchbay::simulation
