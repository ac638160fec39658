#include "protocol/Frame.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace patchbay::protocol {

FrameHeader::FrameHeader(std::uint8_t firstByte, std::size_t payloadBytes) noexcept : size_{2} {
    const auto putBigEndian = [&](std::size_t count) {
        for (std::size_t i = 0; i < count; ++i)
            bytes_[size_++] = static_cast<std::byte>(std::uint64_t{payloadBytes} >> (8 * (count - 1 - i)));
    };
    bytes_[0] = std::byte{firstByte};
    if (payloadBytes < kLength16) {
        bytes_[1] = static_cast<std::byte>(payloadBytes);
    } else if (payloadBytes <= 0xFFFF) {
        bytes_[1] = std::byte{kLength16};
        putBigEndian(2);
    } else {
        bytes_[1] = std::byte{kLength64};
        putBigEndian(8);
    }
}

FrameHeader::FrameHeader(std::uint8_t firstByte, std::size_t payloadBytes, MaskKey key) noexcept
    : FrameHeader{firstByte, payloadBytes} {
    bytes_[1] |= std::byte{kMaskBit};
    std::ranges::copy(key, bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += key.size();
}

void applyMask(std::span<std::byte> payload, MaskKey key, std::size_t offset) noexcept {
    std::array<std::byte, 8> turned;
    for (std::size_t i = 0; i < turned.size(); ++i) turned[i] = key[(offset + i) % 4];
    std::uint64_t key64;
    std::memcpy(&key64, turned.data(), sizeof key64);

    std::byte* at = payload.data();
    std::size_t left = payload.size();
    for (; left >= 32; at += 32, left -= 32) {  // four words at once: this is the form that -O2 turns into vectors
        std::uint64_t words[4];
        std::memcpy(words, at, sizeof words);
        for (auto& word : words) word ^= key64;
        std::memcpy(at, words, sizeof words);
    }
    for (; left >= 8; at += 8, left -= 8) {
        std::uint64_t word;
        std::memcpy(&word, at, sizeof word);
        word ^= key64;
        std::memcpy(at, &word, sizeof word);
    }
    for (std::size_t i = 0; i < left; ++i) at[i] ^= turned[i];
}

MaskKey randomMask() {
    MaskKey key;
    if (RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), static_cast<int>(key.size())) != 1)
        throw std::runtime_error{"no entropy for a masking key (RFC 6455 §5.3)"};
    return key;
}

}  // namespace patchbay::protocol
