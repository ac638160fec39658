#include "Deflater.hpp"

#include <limits>

namespace patchbay::compression {
namespace {

constexpr std::size_t kTailBytes = 4;
constexpr std::size_t kFixedUpTo = 2 << 10;

/// The library's levels: 0 writes with a code that is given, 1 and more make one for each block. Its 2 is as good as
/// its 1.
constexpr std::uint32_t kGivenCode = 0, kOwnCode = 1, kHardSearch = 3;

/// Room for what is found in a block before its code is made: blocks of about 50 KB of text.
constexpr std::uint32_t scratchBytes(std::uint32_t level) {
    return level == kHardSearch ? ISAL_DEF_LVL3_SMALL : ISAL_DEF_LVL1_SMALL;
}

/// It only reads what it is given, but its types say otherwise.
std::uint8_t* readable(Bytes bytes) { return reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(bytes.data())); }

}  // namespace

Deflater::Deflater(int level)
    : level_{level == kMostLevel ? kHardSearch : kOwnCode},
      fixesSmall_{level == kLeastLevel},
      scratch_{std::make_unique_for_overwrite<std::uint8_t[]>(scratchBytes(level_))} {
    isal_deflate_init(&stream_);
    isal_deflate_set_hufftables(&stream_, nullptr, IGZIP_HUFFTABLE_STATIC);
    stream_.flush = SYNC_FLUSH;
    stream_.level_buf = scratch_.get();
    stream_.level_buf_size = scratchBytes(level_);
}

bool Deflater::deflate(Bytes message, Reach reach, MessageBuffer& out) {
    if (message.empty() || message.size() > std::numeric_limits<std::uint32_t>::max() - kTailBytes) return false;
    // Room for a result one byte smaller, for the tail, and one more: all is out when some was left.
    if (!out.reserve(message.size() + kTailBytes)) return false;
    const std::span<std::byte> room = out.room(message.size() + kTailBytes);
    prepare(message.size(), reach);
    stream_.next_in = readable(message);
    stream_.avail_in = static_cast<std::uint32_t>(message.size());
    stream_.next_out = reinterpret_cast<std::uint8_t*>(room.data());
    stream_.avail_out = static_cast<std::uint32_t>(room.size());
    if (isal_deflate(&stream_) != COMP_OK || stream_.avail_out == 0) return false;
    out.commit(room.size() - stream_.avail_out - kTailBytes);
    return true;
}

void Deflater::prepare(std::size_t messageBytes, Reach reach) noexcept {
    isal_deflate_reset(&stream_);
    const bool isFixed = fixesSmall_ && !reach.history.empty() && messageBytes <= kFixedUpTo;
    stream_.level = isFixed ? kGivenCode : level_;
    stream_.hist_bits = static_cast<std::uint16_t>(reach.windowBits);
    isal_deflate_set_dict(&stream_, readable(reach.history), static_cast<std::uint32_t>(reach.history.size()));
}

}  // namespace patchbay::compression
