// What a WebSocket that rests costs beside its session: two objects and no buffer.

#include "transport/SocketChannel.hpp"
#include "websocket/WebSocketCarrier.hpp"

#include <gtest/gtest.h>

namespace patchbay::websocket {
namespace {

constexpr std::size_t kMallocHead = 8, kMallocStep = 16;

constexpr std::size_t mallocBytes(std::size_t wanted) {
    return (wanted + kMallocHead + kMallocStep - 1) / kMallocStep * kMallocStep;
}

// With the session's own 176, its instance and texts that is less than 600: what an idle connection may cost.
TEST(IdleConnection, CarrierAndChannelAreSmall) {
    EXPECT_LE(mallocBytes(sizeof(WebSocketCarrier)), 192U);
    EXPECT_LE(mallocBytes(sizeof(transport::SocketChannel)), 144U);
}

}  // namespace
}  // namespace patchbay::websocket
