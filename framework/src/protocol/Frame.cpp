#include "protocol/Frame.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>

namespace patchbay::protocol {

FrameHeader::FrameHeader(std::uint8_t firstByte, std::size_t payloadBytes, MaskKey key) noexcept
    : FrameHeader{firstByte, payloadBytes} {
    bytes_[1] |= std::byte{kMaskBit};
    std::ranges::copy(key, bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += key.size();
}

namespace {

/// Sixteen bytes at a time, on every machine that GCC and Clang know.
using Wide = std::uint64_t __attribute__((vector_size(16)));

template <class Word>
void maskOne(std::byte*& at, std::size_t& left, Word key) noexcept {
    Word word;
    std::memcpy(&word, at, sizeof word);
    word ^= key;
    std::memcpy(at, &word, sizeof word);
    at += sizeof word;
    left -= sizeof word;
}

}  // namespace

void applyMask(std::span<std::byte> payload, MaskKey key, std::size_t offset) noexcept {
    std::uint32_t turned;
    std::memcpy(&turned, key.data(), sizeof turned);
    const int bits = static_cast<int>(offset & 3) * 8;
    turned = std::endian::native == std::endian::little ? std::rotr(turned, bits) : std::rotl(turned, bits);
    const std::uint64_t twice = std::uint64_t{turned} << 32 | turned;
    const Wide wide{twice, twice};

    std::byte* at = payload.data();
    std::size_t left = payload.size();
    while (left >= 4 * sizeof wide) {
        maskOne(at, left, wide);
        maskOne(at, left, wide);
        maskOne(at, left, wide);
        maskOne(at, left, wide);
    }
    while (left >= sizeof wide) maskOne(at, left, wide);
    if (left >= sizeof twice) maskOne(at, left, twice);
    if (left >= sizeof turned) maskOne(at, left, turned);
    std::memcpy(key.data(), &turned, sizeof turned);
    for (std::size_t i = 0; i < left; ++i) at[i] ^= key[i];
}

MaskKey randomMask() {
    MaskKey key;
    if (RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), static_cast<int>(key.size())) != 1)
        throw std::runtime_error{"no entropy for a masking key (RFC 6455 §5.3)"};
    return key;
}

}  // namespace patchbay::protocol
