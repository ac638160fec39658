#pragma once
// Waiting for something that nobody announces, such as a counter of the server: asked again and again, up to kPatience.

#include "support/RawSocket.hpp"

#include <thread>

namespace patchbay::test {

template <class Holds>
bool eventually(Holds holds) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::yield();
    }
    return true;
}

}  // namespace patchbay::test
