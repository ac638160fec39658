#include "server/Holders.hpp"

#include "messaging/CarrierLink.hpp"

#include <cstddef>

namespace patchbay::server {
namespace {

template <class Holder>
struct Largest {
    Holder* holder;    // nullptr: none holds more
    std::size_t held;  // by it, or by whoever was the largest before
};

template <class Holder, class List>
Largest<Holder> largestOf(List& list, std::size_t least) {
    Largest<Holder> largest{nullptr, least};
    for (auto& one : list) {
        auto& holder = static_cast<Holder&>(one);
        if (const std::size_t held = holder.heldBytes(); held > largest.held) largest = {&holder, held};
    }
    return largest;
}

}  // namespace

std::size_t Holders::endLargest(std::size_t loopIndex, std::size_t least) noexcept {
    const auto socket = largestOf<websocket::WebSocketCarrier>(site_.carriers(loopIndex), least);
    const auto link = largestOf<messaging::CarrierLink>(sessions_.links[loopIndex], socket.held);
    const auto gate = largestOf<http::Gate>(gate_->gates[loopIndex], link.held);
    if (gate.holder) {
        gate.holder->shed();
    } else if (link.holder) {
        link.holder->shed();
    } else if (socket.holder) {
        socket.holder->shed();
    } else {
        return 0;
    }
    return gate.held;
}

void Holders::count(std::size_t loopIndex) noexcept {
    for (auto& link : sessions_.links[loopIndex]) static_cast<messaging::CarrierLink&>(link).heldBytes();
}

}  // namespace patchbay::server
