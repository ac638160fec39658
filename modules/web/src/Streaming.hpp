#pragma once
// What is sent whole and what in pieces.

#include "Answer.hpp"

#include <cstddef>

namespace patchbay::web {

/// What waits for a client in memory, at most, of something that is larger.
inline constexpr std::size_t kPieceBytes = std::size_t{64} * 1024;

/// Whether the answer's body goes with its head. Of HEAD only the length is told, so nothing needs to be read for it.
inline bool isWhole(const HttpRequest& request, const Answer& answer) noexcept {
    return answer.length == 0 || (answer.length <= kPieceBytes && request.method != "HEAD");
}

}  // namespace patchbay::web
