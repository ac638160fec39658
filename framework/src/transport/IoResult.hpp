#pragma once
// What one read or write did, whatever it went to.

#include <cstddef>
#include <cstdint>
#include <system_error>

namespace patchbay::transport {

struct IoResult {
    enum class State : std::uint8_t {
        Done,        ///< `bytes` of them, perhaps fewer than asked for
        WouldBlock,  ///< there is nothing to read; or no room to write more than `bytes`
        End,         ///< read only: the peer sends nothing more
        Failed,      ///< see `error`
    };
    State state = State::Done;
    std::size_t bytes = 0;
    std::error_code error;
};

}  // namespace patchbay::transport
