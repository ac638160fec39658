// After a warm-up, messages come and go without an allocation, in buffers that are used again; and a session holds what
// its budget says.

#include "unit/compression/Streams.hpp"

#include <cstdlib>
#include <new>

namespace {

thread_local std::size_t allocations = 0;
thread_local std::size_t allocatedBytes = 0;

void* counted(std::size_t size) {
    ++allocations;
    allocatedBytes += size;
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc{};
}

}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace patchbay::compression::testing {
namespace {

constexpr auto kText = MessageKind::Text;

/// Sends and broadcasts one message and reads it back, in buffers that held another before.
struct Conversation {
    bool exchange(const std::string& message) {
        wire.clear();
        read.clear();
        if (end->encode(kText, asBytes(message), wire) == 0) return false;
        shared.clear();
        if (end->encodeBroadcast(kText, asBytes(message), shared) == 0) return false;
        if (end->decode(PerMessageDeflate::kRsv1, shared.bytes(), read) != Extension::Decoded::Whole) return false;
        return asText(read.bytes()) == message;
    }

    Extension* end;
    MessageBuffer wire{MessageBuffer::kNoLimit};
    MessageBuffer shared{MessageBuffer::kNoLimit};
    MessageBuffer read{64_KiB};
};

class SteadyState : public ::testing::TestWithParam<std::string_view> {};
INSTANTIATE_TEST_SUITE_P(
    WithAndWithoutContext, SteadyState,
    ::testing::Values("permessage-deflate",
                      "permessage-deflate; server_no_context_takeover; client_no_context_takeover"));

TEST_P(SteadyState, NothingIsAllocatedPerMessage) {
    PerMessageDeflateFactory factory;
    const auto end = serverEnd(factory, GetParam());
    Conversation conversation{end.get()};
    const std::string message = json(4_KiB);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(conversation.exchange(message));
    const std::size_t before = allocations;
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(conversation.exchange(message));
    EXPECT_EQ(allocations, before);
}

TEST_P(SteadyState, ABufferThatHeldLessTakesMore) {
    PerMessageDeflateFactory factory;
    const auto end = serverEnd(factory, GetParam());
    Conversation conversation{end.get()};
    for (const std::size_t size : {300, 301, 5000, 400, 60000, 300}) EXPECT_TRUE(conversation.exchange(json(size)));
}

TEST(SteadyStateOfMany, ASessionsFirstMessagesTakeNothingButWhatTheBudgetCounts) {
    PerMessageDeflateFactory factory;
    const auto first = serverEnd(factory, "permessage-deflate; client_max_window_bits");
    Conversation conversation{first.get()};
    const std::string message = json(4_KiB);
    EXPECT_TRUE(conversation.exchange(message));
    for (int i = 0; i < 3; ++i) {
        const std::size_t before = factory.memoryUsed();
        const auto another = serverEnd(factory, "permessage-deflate; client_max_window_bits");
        conversation.end = another.get();
        const std::size_t bytes = allocatedBytes;
        EXPECT_TRUE(conversation.exchange(message));
        EXPECT_EQ(allocatedBytes - bytes, factory.memoryUsed() - before);
    }
}

}  // namespace
}  // namespace patchbay::compression::testing
