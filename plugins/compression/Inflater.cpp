#include "Inflater.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <new>

namespace patchbay::compression {
namespace {

using Decoded = Extension::Decoded;

/// What a sender's flush leaves out (RFC 7692 §7.2.1): the end of an empty block without compression.
constexpr std::array kTail{std::byte{0x00}, std::byte{0x00}, std::byte{0xff}, std::byte{0xff}};

/// A first guess that holds most JSON; from there the buffer doubles.
constexpr std::size_t kLikelyRatio = 4;
constexpr std::size_t kLeastRoom = 256;

/// zlib's data_type between calls: the bits of the last byte that are still unused, and whether a block has just ended.
constexpr int kUnusedBits = 0x3f;
constexpr int kAtBlockEnd = 0x80;

}  // namespace

/// Of the largest window, whatever was agreed on: with a smaller one, zlib's judgement of references within a message
/// depends on how much room it is given at a time.
Inflater::Inflater() {
    if (inflateInit2(&stream_, -MAX_WBITS) != Z_OK) throw std::bad_alloc{};
}

Inflater::~Inflater() { inflateEnd(&stream_); }

Decoded Inflater::inflate(Bytes message, Bytes history, MessageBuffer& out) {
    if (message.size() > std::numeric_limits<uInt>::max()) return Decoded::TooBig;
    prepare(history);
    for (const Bytes piece : {message, Bytes{kTail}}) {
        const Decoded result = take(piece, out);
        if (result != Decoded::Whole) return result;
    }
    // With the tail a message is whole blocks, or it was cut short.
    return betweenBlocks_ ? Decoded::Whole : Decoded::Broken;
}

void Inflater::prepare(Bytes history) {
    inflateReset(&stream_);
    betweenBlocks_ = false;
    if (history.empty()) return;
    const auto* dictionary = reinterpret_cast<const Bytef*>(history.data());
    // Its one mistake can be that there is no memory for the window.
    if (inflateSetDictionary(&stream_, dictionary, static_cast<uInt>(history.size())) != Z_OK) throw std::bad_alloc{};
}

Decoded Inflater::take(Bytes piece, MessageBuffer& out) {
    // zlib only reads from next_in, but its type says otherwise unless ZLIB_CONST is set.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(piece.data()));
    stream_.avail_in = static_cast<uInt>(piece.size());
    do {
        const Decoded result = step(out);
        if (result != Decoded::Whole) return result;
    } while (stream_.avail_in != 0 || stream_.avail_out == 0);
    return Decoded::Whole;
}

Decoded Inflater::step(MessageBuffer& out) {
    std::byte beyond;  // what is written here goes over the limit
    const std::size_t likely = std::max(stream_.avail_in * kLikelyRatio, std::max(out.size(), kLeastRoom));
    const std::span<std::byte> allowed = out.room(std::min<std::size_t>(likely, std::numeric_limits<uInt>::max()));
    const std::span<std::byte> room = allowed.empty() ? std::span{&beyond, 1} : allowed;
    stream_.next_out = reinterpret_cast<Bytef*>(room.data());
    stream_.avail_out = static_cast<uInt>(room.size());
    const int result = ::inflate(&stream_, Z_SYNC_FLUSH);
    const std::size_t written = room.size() - stream_.avail_out;
    if (allowed.empty() && written != 0) return Decoded::TooBig;
    out.commit(written);
    switch (result) {
        case Z_STREAM_END:
            // A last block is not the end of a message: others may follow, and may refer to what came before
            // (RFC 7692 §7.2.3.4). inflateReset() would lose the window.
            inflateResetKeep(&stream_);
            betweenBlocks_ = true;
            return Decoded::Whole;
        case Z_OK:
            betweenBlocks_ = (stream_.data_type & kAtBlockEnd) != 0 && (stream_.data_type & kUnusedBits) == 0;
            return Decoded::Whole;
        case Z_BUF_ERROR:  // nothing left to read, and nothing held back
            return stream_.avail_in == 0 ? Decoded::Whole : Decoded::Broken;
        case Z_MEM_ERROR:
            throw std::bad_alloc{};
        default:
            return Decoded::Broken;
    }
}

}  // namespace patchbay::compression
