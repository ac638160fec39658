#pragma once
// Wire bytes written by hand, a connection that is fed with them in chunks, and a record of what came of it.
// The frames here are put together by the rules of RFC 6455 §5.2, not by the encoder under test.

#include "protocol/Connection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>
#include <utility>

namespace patchbay::protocol::testing {

using namespace std::string_literals;
using Events = std::vector<std::string>;

/// "81 05 48" as bytes.
inline std::string hex(std::string_view digits) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += digits[i] == ' ' ? 1 : 2)
        if (digits[i] != ' ') bytes += static_cast<char>(std::stoi(std::string{digits.substr(i, 2)}, nullptr, 16));
    return bytes;
}

/// Bytes as "81 05 48".
inline std::string toHex(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        if (!text.empty()) text += ' ';
        text += kDigits[static_cast<unsigned char>(c) >> 4];
        text += kDigits[static_cast<unsigned char>(c) & 15];
    }
    return text;
}

inline std::string lengthBytes(std::size_t length, std::uint8_t maskBit) {
    std::string bytes;
    std::size_t count = 0;
    if (length < 126) return {static_cast<char>(length | maskBit)};
    bytes += static_cast<char>((length < 65536 ? 126 : 127) | maskBit);
    for (count = length < 65536 ? 2 : 8; count-- > 0;) bytes += static_cast<char>(length >> (8 * count) & 0xFF);
    return bytes;
}

/// A client's frame: `first` is FIN, RSV and opcode. A key of zeros leaves the payload readable in the test.
inline std::string clientFrame(std::uint8_t first, std::string_view payload, std::string_view key = {"\0\0\0\0", 4}) {
    std::string frame = static_cast<char>(first) + lengthBytes(payload.size(), 0x80);
    frame.append(key);
    for (std::size_t i = 0; i < payload.size(); ++i) frame += static_cast<char>(payload[i] ^ key[i % 4]);
    return frame;
}

inline std::string serverFrame(std::uint8_t first, std::string_view payload) {
    return static_cast<char>(first) + lengthBytes(payload.size(), 0) + std::string{payload};
}

inline std::string closeBody(std::uint16_t code, std::string_view reason = {}) {
    return static_cast<char>(code >> 8) + (static_cast<char>(code & 0xFF) + std::string{reason});
}

/// Writes down every event, and what is sent; answers the peer's end at once.
class Recorder : public Receiver, public Output {
public:
    void onMessage(MessageKind kind, std::span<std::byte> payload) override {
        add((kind == MessageKind::Text ? "text:" : "binary:") + std::string{asText(payload)});
    }
    void onPong(Bytes payload) override { add("pong:" + std::string{asText(payload)}); }
    void onReply(Bytes frame) override { add("reply:" + toHex(asText(frame))); }
    void onClose(CloseCode code, std::string_view reason) override {
        answer(code, {});
        add("close:" + std::to_string(static_cast<int>(code)) + ":" + std::string{reason});
    }
    void onFailure(CloseCode code, std::string_view rule) override {
        answer(code, rule);
        add("failure:" + std::to_string(static_cast<int>(code)) + ":" + std::string{rule});
    }
    void write(Bytes header, Bytes payload) override { sent.append(asText(header)).append(asText(payload)); }

    Events events;
    std::string sent;
    Connection* answers = nullptr;  // whose end it answers

private:
    void add(std::string event) { events.push_back(std::move(event)); }
    void answer(CloseCode code, std::string_view text) {
        std::string before = std::exchange(sent, {});
        if (answers && answers->close(code, text, *this)) add("reply:" + toHex(sent));
        sent = std::move(before);
    }
};

inline constexpr MaskKey kRfcKey{std::byte{0x37}, std::byte{0xfa}, std::byte{0x21}, std::byte{0x3d}};  // §5.7
inline MaskKey rfcKey() { return kRfcKey; }

/// Turns every byte's low bit and puts "!" behind; sets RSV1. Leaves "plain" messages as they are.
class Turner : public Extension {
public:
    std::uint8_t rsvBits() const noexcept override { return 0x40; }
    std::size_t maxEncodedBytes(std::size_t maxMessageSize) const noexcept override { return maxMessageSize + 1; }

    Decoded decode(std::uint8_t rsv, Bytes payload, MessageBuffer& out) override {
        EXPECT_EQ(rsv, 0x40);
        if (payload.empty() || payload.back() != std::byte{'!'}) return Decoded::Broken;
        return turn(payload.first(payload.size() - 1), out) ? Decoded::Whole : Decoded::TooBig;
    }

    std::uint8_t encode(MessageKind, Bytes payload, MessageBuffer& out) override {
        if (asText(payload) == "plain") return 0;
        return turn(payload, out) && out.append(asBytes("!")) ? 0x40 : 0;
    }

private:
    static bool turn(Bytes payload, MessageBuffer& out) {
        for (std::byte byte : payload) {
            byte ^= std::byte{1};
            if (!out.append({&byte, 1})) return false;
        }
        return true;
    }
};

/// A connection and the record of what it did.
struct Peer {
    explicit Peer(Role role, Limits limits = {}, std::unique_ptr<Extension> extension = nullptr)
        : connection{role, limits, record, std::move(extension), &rfcKey} {
        record.answers = &connection;
    }

    /// Feeds `bytes`, each chunk in a buffer of its own with slack that holds no zeros.
    Events receive(std::string_view bytes, std::size_t chunkBytes = 4096) {
        for (; !bytes.empty(); bytes.remove_prefix(std::min(chunkBytes, bytes.size()))) {
            const std::string_view chunk = bytes.substr(0, chunkBytes);
            std::vector<std::byte> buffer(chunk.size() + kSlackBytes, std::byte{0xA5});
            std::memcpy(buffer.data(), chunk.data(), chunk.size());
            EXPECT_EQ(connection.receive(std::span{buffer}.first(chunk.size())), 0U);
        }
        return record.events;
    }

    Recorder record;
    Connection connection;
};

/// The two events of a failed connection of a server, written out: the Close frame with code and rule, then the report.
inline Events failure(std::uint16_t code, const std::string& rule) {
    return {"reply:" + toHex(serverFrame(0x88, closeBody(code, rule))), "failure:" + std::to_string(code) + ":" + rule};
}

inline Events operator+(Events first, const Events& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

/// A suite whose tests run with every chunk size of the row: 1, 2, 3 and 4096 bytes.
class ChunkedTest : public ::testing::TestWithParam<std::size_t> {
protected:
    Events server(std::string_view bytes, Limits limits = {}) {
        return Peer{Role::Server, limits}.receive(bytes, GetParam());
    }
    Events client(std::string_view bytes, Limits limits = {}) {
        return Peer{Role::Client, limits}.receive(bytes, GetParam());
    }
};

#define PATCHBAY_IN_CHUNKS(suite) \
    INSTANTIATE_TEST_SUITE_P(Chunks, suite, ::testing::Values(1, 2, 3, 4096), ::testing::PrintToStringParamName())

}  // namespace patchbay::protocol::testing
