#include "support/RawWebSocket.hpp"

#include <stdexcept>

namespace patchbay::test {
namespace {

std::string bigEndian(std::uint64_t number, int bytes) {
    std::string text;
    for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(number >> (8 * i) & 0xFF);
    return text;
}

std::uint64_t number(std::string_view bigEndianBytes) {
    std::uint64_t value = 0;
    for (const char c : bigEndianBytes) value = value << 8 | static_cast<unsigned char>(c);
    return value;
}

RawWebSocket::Close closeOf(const Frame& frame) {
    if (frame.payload.size() < 2) return {};
    return {static_cast<int>(number(frame.payload.substr(0, 2))), frame.payload.substr(2)};
}

}  // namespace

std::string clientFrame(int opcode, std::string_view payload, bool fin) {
    constexpr std::string_view kMask = "\x37\xfa\x21\x3d";  // the example of RFC 6455 §5.7
    std::string frame(1, static_cast<char>((fin ? 0x80 : 0) | opcode));
    if (payload.size() < 126) {
        frame += static_cast<char>(0x80 | payload.size());
    } else if (payload.size() < 65536) {
        frame += static_cast<char>(0x80 | 126);
        frame += bigEndian(payload.size(), 2);
    } else {
        frame += static_cast<char>(0x80 | 127);
        frame += bigEndian(payload.size(), 8);
    }
    frame += kMask;
    for (std::size_t i = 0; i < payload.size(); ++i) frame += static_cast<char>(payload[i] ^ kMask[i % 4]);
    return frame;
}

std::string closePayload(int code, std::string_view text) {
    return bigEndian(static_cast<std::uint64_t>(code), 2).append(text);
}

std::string upgradeRequest(std::string_view target, std::string_view fields) {
    std::string request{"GET "};
    request.append(canaries::inQuery(target)).append(" HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
    request.append("Sec-WebSocket-Key: ").append(kSampleKey).append("\r\nSec-WebSocket-Version: 13\r\n");
    return request.append(canaries::inFields(fields)).append("\r\n");
}

RawWebSocket::RawWebSocket(std::uint16_t port, std::string_view target, std::string_view fields, RawSocket::Options options)
    : socket_{port, options} {
    socket_.send(upgradeRequest(target, fields));
    answer_ = socket_.readAnswer();
    if (answer_.status != 101) throw std::runtime_error{"no 101 but " + answer_.head + answer_.body};
}

Frame RawWebSocket::next() {
    const std::string head = socket_.read(2);
    const auto first = static_cast<unsigned char>(head[0]);
    const auto second = static_cast<unsigned char>(head[1]);
    if ((second & 0x80) != 0) throw std::runtime_error{"a server's frame is masked (RFC 6455 §5.1)"};
    const int reserved = first & 0x70;
    if (reserved != 0 && answer_.header("sec-websocket-extensions").empty()) throw std::runtime_error{"a reserved bit without an extension (RFC 6455 §5.2)"};
    std::uint64_t size = second & 0x7F;
    if (size == 126) size = number(socket_.read(2));
    if (size == 127) size = number(socket_.read(8));
    return {(first & 0x80) != 0, first & 0x0F, socket_.read(size), reserved};
}

std::string RawWebSocket::nextText() {
    Frame frame = next();
    if (frame.opcode != kText || !frame.fin) {
        throw std::runtime_error{"no whole text but opcode " + std::to_string(frame.opcode) + ", " + frame.payload};
    }
    return std::move(frame.payload);
}

RawWebSocket::Close RawWebSocket::nextClose() {
    const Frame frame = next();
    if (frame.opcode == kClose) return closeOf(frame);
    throw std::runtime_error{"no Close but opcode " + std::to_string(frame.opcode) + ", " + frame.payload.substr(0, 100)};
}

RawWebSocket::Close RawWebSocket::skipToClose() {
    for (Frame frame = next();; frame = next()) {
        if (frame.opcode == kClose) return closeOf(frame);
    }
}

}  // namespace patchbay::test
