#include "server/Holders.hpp"

#include <algorithm>
#include <utility>

namespace patchbay::server {
namespace {

template <class List>
auto largestOf(List& list, std::size_t least) {
    std::pair<typename List::pointer, std::size_t> largest{nullptr, least};
    for (auto& one : list) {
        if (const std::size_t held = one.heldBytes(); held > largest.second) largest = {&one, held};
    }
    return largest;
}

}  // namespace

std::size_t Holders::endLargest(std::size_t loopIndex, std::size_t least) noexcept {
    const auto [carrier, ofCarrier] = largestOf(site_.carriers(loopIndex), least);
    const auto [gate, ofGate] = largestOf(gate_->gates[loopIndex], least);
    if (!carrier && !gate) return 0;
    carrier && ofCarrier >= ofGate ? carrier->shed() : gate->shed();
    return std::max(ofCarrier, ofGate);
}

}  // namespace patchbay::server
