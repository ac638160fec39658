#include "load/Connection.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bench {

namespace {

constexpr Mask kMask{std::byte{0x37}, std::byte{0xfa}, std::byte{0x21}, std::byte{0x3d}};  // that of RFC 6455 §5.7
constexpr std::uint64_t kWholeCheckEvery = 64;

/// The key and its answer of RFC 6455 §1.3.
constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

int connectTo(std::uint16_t port) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    if (descriptor < 0 || ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
        fail("connect");
    }
    return descriptor;
}

/// The head of an answer, byte for byte up to its end, so that no frame behind it is touched.
std::string readHead(int descriptor) {
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::string head;
    for (char byte = 0; !head.ends_with("\r\n\r\n"); head += byte) {
        if (::recv(descriptor, &byte, 1, 0) != 1) throw std::runtime_error{"no answer to the handshake: " + head};
    }
    return head;
}

/// A socket that has been connected and, when there is a path, upgraded. It still blocks.
int open(std::uint16_t port, Wire wire, const std::string& path) {
    const int descriptor = connectTo(port);
    if (wire == Wire::Tcp) return descriptor;
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                                "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
                                "Sec-WebSocket-Key: " + std::string{kKey} + "\r\n\r\n";
    if (::send(descriptor, request.data(), request.size(), MSG_NOSIGNAL) < 0) fail("send");
    const auto head = readHead(descriptor);
    if (!head.starts_with("HTTP/1.1 101 ") || head.find(kAccept) == std::string::npos) {
        throw std::runtime_error{"the handshake was answered with " + head};
    }
    return descriptor;
}

[[noreturn]] void wrong(const char* what, std::uint64_t number) {
    throw std::runtime_error{std::string{"message "} + std::to_string(number) + " came back with a wrong " + what};
}

}  // namespace

Messages::Messages(Wire wire, std::size_t size, std::size_t most) : wire_{wire}, payload_(size) {
    if (size < sizeof(std::uint64_t)) throw std::runtime_error{"a message has at least 8 bytes"};
    for (std::size_t index = 0; index < size; ++index)
        payload_[index] = static_cast<std::byte>(index * 7 + index / 251);
    std::vector<std::byte> frame(kLongestHeader + size);
    if (wire == Wire::WebSocket) {
        headerBytes_ = writeHeader(frame.data(), kFinalBinary, size);
        frame[1] |= kMaskBit;
        std::ranges::copy(kMask, frame.begin() + static_cast<std::ptrdiff_t>(headerBytes_));
        headerBytes_ += kMaskBytes;
    }
    applyMask(frame.data() + headerBytes_, payload_.data(), size, wire == Wire::Tcp ? Mask{} : kMask);
    frame.resize(headerBytes_ + size);
    for (std::size_t index = 0; index < most; ++index) outgoing_.insert(outgoing_.end(), frame.begin(), frame.end());
}

Bytes Messages::outgoing(std::uint64_t first, std::size_t count) {
    const auto frameBytes = headerBytes_ + payload_.size();
    for (std::size_t index = 0; index < count; ++index) {
        std::array<std::byte, sizeof first> number{};
        const auto value = first + index;
        std::memcpy(number.data(), &value, sizeof value);
        applyMask(&outgoing_[index * frameBytes + headerBytes_], number.data(), sizeof value,
                  wire_ == Wire::Tcp ? Mask{} : kMask);
    }
    return Bytes{outgoing_}.first(count * frameBytes);
}

std::size_t Messages::take(Bytes bytes, std::uint64_t number) const {
    FrameHeader header{.first = kFinalBinary, .payloadBytes = payload_.size()};
    if (wire_ == Wire::WebSocket) {
        const auto read = readHeader(bytes);
        if (!read) return 0;
        header = *read;
    }
    if (header.first != kFinalBinary) wrong("opcode", number);
    if (header.payloadBytes != payload_.size() || header.masked) wrong("length or mask", number);
    if (bytes.size() < header.frameBytes()) return 0;
    const auto payload = bytes.subspan(header.headerBytes, header.payloadBytes);
    if (std::memcmp(payload.data(), &number, sizeof number) != 0) wrong("number", number);
    if (number % kWholeCheckEvery == 0 &&
        !std::ranges::equal(payload.subspan(sizeof number), Bytes{payload_}.subspan(sizeof number))) {
        wrong("content", number);
    }
    return header.frameBytes();
}

Connection::Connection(std::uint16_t port, const std::string& path, Messages& messages)
    : messages_{messages}, stream_{open(port, messages.wire(), path)} {}

void Connection::send(std::size_t count) {
    stream_.send(messages_.outgoing(sent_, count));
    sent_ += count;
}

std::size_t Connection::receive(std::span<std::byte> room) {
    const auto read = stream_.read(room);
    if (!read) throw std::runtime_error{"the server ended a connection"};
    const auto before = received_;
    Bytes rest = *read;
    while (const auto taken = messages_.take(rest, received_)) {
        rest = rest.subspan(taken);
        ++received_;
    }
    if (!rest.empty()) stream_.keep(rest);
    return static_cast<std::size_t>(received_ - before);
}

}  // namespace bench
