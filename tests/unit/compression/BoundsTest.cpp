// ISA-L is assembler, which no sanitizer watches: what it may touch ends here at a page that nobody may touch, or at
// bytes that are looked at afterwards.

#include "unit/compression/Streams.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

namespace patchbay::compression::testing {
namespace {

/// Bytes with a forbidden page right behind them.
class Fenced {
public:
    explicit Fenced(std::string_view bytes)
        : page_{static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))},
          length_{(bytes.size() + page_ - 1) / page_ * page_ + page_},
          start_{
              static_cast<char*>(::mmap(nullptr, length_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))},
          bytes_{start_ + length_ - page_ - bytes.size(), bytes.size()} {
        if (start_ == MAP_FAILED || ::mprotect(start_ + length_ - page_, page_, PROT_NONE) != 0) throw std::bad_alloc{};
        std::memcpy(start_ + length_ - page_ - bytes.size(), bytes.data(), bytes.size());
    }
    ~Fenced() { ::munmap(start_, length_); }
    Fenced(const Fenced&) = delete;
    Fenced& operator=(const Fenced&) = delete;

    Bytes bytes() const { return asBytes(bytes_); }

private:
    std::size_t page_;
    std::size_t length_;
    char* start_;
    std::string_view bytes_;
};

class Bounds : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(EveryLevel, Bounds, ::testing::Range(Deflater::kLeastLevel, Deflater::kMostLevel + 1));

TEST_P(Bounds, OfMessageHistoryAndRoomAreKept) {
    constexpr char kUntouched = '\x5a';
    Deflater deflater{GetParam()};
    for (std::size_t size = 1; size < 6000; size += size < 600 ? 1 : 97) {
        const unsigned seed = static_cast<unsigned>(size);
        const Fenced message{size % 3 == 0 ? noise(size, seed) : json(size, seed)};
        const Fenced history{json(size % 5 == 0 ? 0 : size * 7 % 4097, seed)};
        MessageBuffer out{MessageBuffer::kNoLimit};
        ASSERT_TRUE(out.reserve(size + 4));
        const std::span<std::byte> room = out.room(size + 4);
        std::memset(room.data() + room.size(), kUntouched, kSlackBytes);
        deflater.deflate(message.bytes(), {12, history.bytes()}, out);
        ASSERT_EQ((std::string_view{reinterpret_cast<const char*>(room.data() + room.size()), kSlackBytes}),
                  std::string(kSlackBytes, kUntouched))
            << size;
    }
}

}  // namespace
}  // namespace patchbay::compression::testing
