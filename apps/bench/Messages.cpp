#include "Messages.hpp"

#include "Record.hpp"
#include "wire/Frames.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>

namespace bench {

namespace {

constexpr Mask kMask{std::byte{0x37}, std::byte{0xfa}, std::byte{0x21}, std::byte{0x3d}};  // that of RFC 6455 §5.7
constexpr std::uint64_t kWholeCheckEvery = 64;
constexpr std::size_t kBatchBytes = std::size_t{256} << 10, kLargestBatchBytes = std::size_t{4} << 20;
constexpr std::size_t kVariedBytes = std::size_t{64} << 10;  // twice the largest window
constexpr std::byte kCompressed{0x40};                       // RSV1, RFC 7692 §6

[[noreturn]] void wrong(const char* what, std::uint64_t number) {
    throw std::runtime_error{"message " + std::to_string(number) + " came back with " + what};
}

}  // namespace

Messages::Messages(const Options& options)
    : kind_{options.kind},
      framed_{options.url.scheme == Scheme::Ws || options.url.scheme == Scheme::Wss},
      deflate_{options.deflate},
      size_{options.size},
      inFlight_{options.inFlight} {
    const bool varies = deflate_ && kind_ != Kind::Binary;
    const auto count = std::max<std::size_t>(varies ? kVariedBytes / size_ : 1, 1);
    for (std::size_t index = 0; index < count; ++index) {
        variants_.push_back({.payload = makePayload(kind_, size_, static_cast<std::uint32_t>(index + 1)), .frame = {}});
    }
    layOut();
}

void Messages::limitWindow(int bits) {
    if (bits >= windowBits_) return;
    windowBits_ = bits;
    layOut();
}

/// As many frames as the connections have in flight or as a write takes well, whichever is more, within reason.
void Messages::layOut() {
    std::size_t longest = 0;
    for (auto& variant : variants_) {
        const auto& [bytes, numberAt] = variant.payload;
        if (deflate_) {
            layOut(variant, deflated(bytes, numberAt + kNumberBytes, windowBits_), kStoredHeaderBytes + numberAt);
        } else {
            layOut(variant, bytes, numberAt);
        }
        longest = std::max(longest, variant.frame.size());
    }
    most_ =
        std::max<std::size_t>(std::min(std::max(inFlight_ * longest, kBatchBytes), kLargestBatchBytes) / longest, 1);
    outgoing_.clear();
    const auto& frame = variants_.front().frame;
    for (std::size_t index = 0; index < most_; ++index) outgoing_.insert(outgoing_.end(), frame.begin(), frame.end());
    outgoing_.resize(most_ * longest);
}

void Messages::layOut(Variant& variant, Bytes body, std::size_t numberAt) {
    auto& frame = variant.frame;
    frame.assign(kLongestHeader + body.size(), std::byte{});
    std::size_t headerBytes = 0;
    if (framed_) {
        headerBytes = writeHeader(frame.data(), opcode() | (deflate_ ? kCompressed : std::byte{}), body.size());
        frame[1] |= kMaskBit;
        std::ranges::copy(kMask, frame.begin() + static_cast<std::ptrdiff_t>(headerBytes));
        headerBytes += kMaskBytes;
    }
    applyMask(frame.data() + headerBytes, body.data(), body.size(), framed_ ? kMask : Mask{});
    frame.resize(headerBytes + body.size());
    for (std::size_t index = 0; index < kNumberBytes && framed_; ++index) {
        numberMask_[index] = kMask[(numberAt + index) % kMaskBytes];
    }
    variant.numberAt = headerBytes + numberAt;
}

Bytes Messages::outgoing(std::uint64_t first, std::size_t count) {
    std::byte* next = outgoing_.data();
    for (std::size_t index = 0; index < count; ++index) {
        const auto& variant = variants_[(first + index) % variants_.size()];
        if (variants_.size() != 1) std::ranges::copy(variant.frame, next);
        auto number = writeNumber(kind_, first + index);
        for (std::size_t byte = 0; byte < kNumberBytes; ++byte) number[byte] ^= numberMask_[byte];
        std::memcpy(next + variant.numberAt, number.data(), kNumberBytes);
        next += variant.frame.size();
    }
    return {outgoing_.data(), next};
}

std::byte Messages::opcode() const noexcept { return kind_ == Kind::Binary ? kFinalBinary : kFinalText; }

void Messages::check(std::uint64_t number, std::size_t offset, Bytes part) const {
    const auto& [bytes, numberAt] = payload(number);
    const auto end = offset + part.size(), numberEnd = numberAt + kNumberBytes;
    if (const auto from = std::max(offset, numberAt), to = std::min(end, numberEnd); from < to) {
        const auto due = writeNumber(kind_, number);
        if (std::memcmp(&part[from - offset], &due[from - numberAt], to - from) != 0) wrong("a wrong number", number);
    }
    if (number % kWholeCheckEvery != 0) return;
    const auto same = [&, &expected = bytes](std::size_t from, std::size_t to) {
        return from >= to || std::memcmp(&part[from - offset], &expected[from], to - from) == 0;
    };
    if (!same(offset, std::min(end, numberAt)) || !same(std::max(offset, numberEnd), end)) {
        wrong("wrong content", number);
    }
}

void Messages::checkWhole(std::uint64_t number, Bytes message) const {
    if (kind_ == Kind::Json) {
        auto [expected, numberAt] = payload(number);
        std::ranges::copy(writeNumber(kind_, number), expected.begin() + static_cast<std::ptrdiff_t>(numberAt));
        if (!std::ranges::equal(message, expected) && readRecord(message) != readRecord(expected))
            wrong("wrong content", number);
        return;
    }
    if (message.size() != size()) wrong("a wrong length", number);
    check(number, 0, message);
}

std::uint64_t Messages::numberOf(Bytes message) const {
    Number number{};
    if (kind_ == Kind::Json) {
        const auto text = readRecord(message).text;
        if (text.size() >= number.size()) std::memcpy(number.data(), text.data(), number.size());
        return readNumber(kind_, number);
    }
    if (message.size() < number.size()) throw std::runtime_error{"a message came that is none of ours"};
    std::memcpy(number.data(), message.data(), number.size());
    return readNumber(kind_, number);
}

}  // namespace bench
