#include "Deflate.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

#define ZLIB_CONST
#include <zlib.h>

namespace bench {

namespace {

constexpr int kLevel = 6, kMemory = 8;                                                     // zlib's own defaults
constexpr std::array kTail{std::byte{0}, std::byte{0}, std::byte{0xff}, std::byte{0xff}};  // RFC 7692 §7.2.1
constexpr std::size_t kGrowth = std::size_t{64} << 10;

const Bytef* in(Bytes bytes) { return reinterpret_cast<const Bytef*>(bytes.data()); }

/// A stored block that is not the last one.
std::vector<std::byte> stored(Bytes bytes) {
    const auto size = static_cast<unsigned>(bytes.size());
    std::vector<std::byte> block{std::byte{0}};
    for (const unsigned length : {size, ~size}) {
        block.push_back(static_cast<std::byte>(length));
        block.push_back(static_cast<std::byte>(length >> 8));
    }
    block.insert(block.end(), bytes.begin(), bytes.end());
    return block;
}

}  // namespace

std::vector<std::byte> deflated(Bytes payload, std::size_t storedBytes, int windowBits) {
    auto message = stored(payload.first(storedBytes));
    const auto rest = payload.subspan(storedBytes);
    z_stream stream{};
    // zlib has no raw window below 512 bytes; where a server asks for 256, nothing refers to anything.
    const int level = windowBits < kSmallestZlibWindow ? Z_NO_COMPRESSION : kLevel;
    if (::deflateInit2(&stream, level, Z_DEFLATED, -std::max(windowBits, kSmallestZlibWindow), kMemory,
                       Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::runtime_error{"zlib could not be started"};
    }
    const auto before = message.size();
    message.resize(before + ::deflateBound(&stream, rest.size()) + kTail.size() + kStoredHeaderBytes);
    stream.next_in = in(rest);
    stream.avail_in = static_cast<uInt>(rest.size());
    stream.next_out = reinterpret_cast<Bytef*>(message.data() + before);
    stream.avail_out = static_cast<uInt>(message.size() - before);
    ::deflate(&stream, Z_SYNC_FLUSH);
    message.resize(message.size() - stream.avail_out - kTail.size());
    ::deflateEnd(&stream);
    return message;
}

Inflater::Inflater() : stream_{std::make_unique<z_stream>()} {
    if (::inflateInit2(stream_.get(), -kLargestWindow) != Z_OK) throw std::runtime_error{"zlib could not be started"};
}

Inflater::~Inflater() { ::inflateEnd(stream_.get()); }

Bytes Inflater::message(Bytes compressed, bool keepContext, std::size_t mostBytes) {
    static std::vector<std::byte> room(kGrowth);
    if (!keepContext) ::inflateReset(stream_.get());
    std::size_t size = 0;
    for (const Bytes part : {compressed, Bytes{kTail}}) {
        stream_->next_in = in(part);
        stream_->avail_in = static_cast<uInt>(part.size());
        do {
            if (size == room.size()) room.resize(room.size() + kGrowth);
            stream_->next_out = reinterpret_cast<Bytef*>(room.data() + size);
            stream_->avail_out = static_cast<uInt>(room.size() - size);
            const int result = ::inflate(stream_.get(), Z_SYNC_FLUSH);
            size = room.size() - stream_->avail_out;
            if ((result != Z_OK && result != Z_BUF_ERROR) || size > mostBytes) {
                throw std::runtime_error{"a compressed message came back that cannot be read"};
            }
        } while (stream_->avail_in != 0 || stream_->avail_out == 0);
    }
    return Bytes{room}.first(size);
}

}  // namespace bench
