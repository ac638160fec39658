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
constexpr std::byte kCompressed{0x40};  // RSV1, RFC 7692 §6

[[noreturn]] void wrong(const char* what, std::uint64_t number) {
    throw std::runtime_error{"message " + std::to_string(number) + " came back with " + what};
}

}  // namespace

Messages::Messages(const Options& options)
    : kind_{options.kind},
      framed_{options.url.scheme != Scheme::Tcp},
      deflate_{options.deflate},
      inFlight_{options.inFlight},
      payload_{makePayload(options.kind, options.size)} {
    if (deflate_) {
        limitWindow(kLargestWindow);
    } else {
        layOut(payload_.bytes, payload_.numberAt);
    }
}

void Messages::limitWindow(int bits) {
    windowBits_ = std::min(windowBits_, bits);
    layOut(deflated(payload_.bytes, payload_.numberAt + kNumberBytes, windowBits_), kStoredHeaderBytes + payload_.numberAt);
}

/// As many frames as the connections have in flight or as a write takes well, whichever is more, within reason.
void Messages::layOut(Bytes body, std::size_t numberAt) {
    std::vector<std::byte> frame(kLongestHeader + body.size());
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
    frameBytes_ = frame.size();
    numberAt_ = headerBytes + numberAt;
    const auto wanted = std::max(inFlight_ * frameBytes_, kBatchBytes);
    most_ = std::max<std::size_t>(std::min(wanted, kLargestBatchBytes) / frameBytes_, 1);
    outgoing_.clear();
    outgoing_.reserve(most_ * frameBytes_);
    for (std::size_t index = 0; index < most_; ++index) outgoing_.insert(outgoing_.end(), frame.begin(), frame.end());
}

Bytes Messages::outgoing(std::uint64_t first, std::size_t count) {
    for (std::size_t index = 0; index < count; ++index) {
        auto number = writeNumber(kind_, first + index);
        for (std::size_t byte = 0; byte < kNumberBytes; ++byte) number[byte] ^= numberMask_[byte];
        std::memcpy(&outgoing_[index * frameBytes_ + numberAt_], number.data(), kNumberBytes);
    }
    return Bytes{outgoing_}.first(count * frameBytes_);
}

std::byte Messages::opcode() const noexcept { return kind_ == Kind::Binary ? kFinalBinary : kFinalText; }

void Messages::check(std::uint64_t number, std::size_t offset, Bytes part) const {
    const auto end = offset + part.size();
    const auto numberEnd = payload_.numberAt + kNumberBytes;
    if (const auto from = std::max(offset, payload_.numberAt), to = std::min(end, numberEnd); from < to) {
        const auto due = writeNumber(kind_, number);
        if (std::memcmp(&part[from - offset], &due[from - payload_.numberAt], to - from) != 0) wrong("a wrong number", number);
    }
    if (number % kWholeCheckEvery != 0) return;
    const auto same = [&](std::size_t from, std::size_t to) {
        return from >= to || std::memcmp(&part[from - offset], &payload_.bytes[from], to - from) == 0;
    };
    if (!same(offset, std::min(end, payload_.numberAt)) || !same(std::max(offset, numberEnd), end)) {
        wrong("wrong content", number);
    }
}

void Messages::checkWhole(std::uint64_t number, Bytes message) const {
    if (kind_ == Kind::Json) {
        auto expected = payload_.bytes;
        std::ranges::copy(writeNumber(kind_, number), expected.begin() + static_cast<std::ptrdiff_t>(payload_.numberAt));
        if (!std::ranges::equal(message, expected) && readRecord(message) != readRecord(expected)) wrong("wrong content", number);
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
