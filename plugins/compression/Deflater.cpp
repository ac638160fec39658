#include "Deflater.hpp"

#include <algorithm>
#include <limits>
#include <new>

namespace patchbay::compression {
namespace {

constexpr std::size_t kTailBytes = 4;

/// zlib refuses a raw stream of 8. One of 9 never refers further back than 250 bytes: deflate keeps 262 bytes of its
/// window as look-ahead. So it obeys a window of 256 as well; a test holds zlib to it.
int zlibBits(int windowBits) noexcept { return std::max(windowBits, 9); }

}  // namespace

Deflater::Deflater(int windowBits, Effort effort) {
    const int result =
        deflateInit2(&stream_, effort.level, Z_DEFLATED, -zlibBits(windowBits), effort.memLevel, Z_DEFAULT_STRATEGY);
    if (result != Z_OK) throw std::bad_alloc{};
}

Deflater::~Deflater() { deflateEnd(&stream_); }

bool Deflater::deflate(Bytes message, MessageBuffer& out) {
    if (message.empty() || message.size() > std::numeric_limits<uInt>::max() - kTailBytes) return false;
    // Room for a result one byte smaller, for the tail, and one more: zlib has finished when it left some.
    if (!out.reserve(message.size() + kTailBytes)) return false;
    const std::span<std::byte> room = out.room(message.size() + kTailBytes);
    // zlib only reads from next_in, but its type says otherwise unless ZLIB_CONST is set.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(message.data()));
    stream_.avail_in = static_cast<uInt>(message.size());
    stream_.next_out = reinterpret_cast<Bytef*>(room.data());
    stream_.avail_out = static_cast<uInt>(room.size());
    if (::deflate(&stream_, Z_SYNC_FLUSH) != Z_OK || stream_.avail_out == 0) return false;
    out.commit(room.size() - stream_.avail_out - kTailBytes);
    return true;
}

void Deflater::reset() noexcept { deflateReset(&stream_); }

std::size_t Deflater::memory(int windowBits, Effort effort) noexcept {
    constexpr std::size_t state = 6 << 10;  // sizeof(deflate_state), rounded up
    return (std::size_t{1} << (zlibBits(windowBits) + 2)) + (std::size_t{1} << (effort.memLevel + 9)) + state;
}

}  // namespace patchbay::compression
