// What goes out is read here by RFC 6455 §5.2, RFC 1951 and zlib, not by the code that reads answers.

#include "Messages.hpp"
#include "Record.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>

namespace bench {
namespace {

Options options(Kind kind, std::size_t size, bool deflate = false) {
    Options options;
    options.url = parseUrl("ws://localhost:1/");
    options.kind = kind;
    options.size = size;
    options.deflate = deflate;
    options.inFlight = 4;
    return options;
}

struct Frame {
    unsigned first = 0;
    std::string payload;  // unmasked
};

/// Takes the first frame off `bytes`.
Frame takeFrame(Bytes& bytes) {
    const auto at = [&](std::size_t index) { return std::to_integer<std::size_t>(bytes[index]); };
    EXPECT_TRUE((at(1) & 0x80) != 0) << "a client masks";
    std::size_t length = at(1) & 0x7f, header = 2;
    const std::size_t more = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (more != 0) length = 0;
    for (; header < 2 + more; ++header) length = length * 256 + at(header);
    Frame frame{.first = static_cast<unsigned>(at(0)), .payload = {}};
    for (std::size_t index = 0; index < length; ++index) {
        frame.payload += static_cast<char>(at(header + 4 + index) ^ at(header + index % 4));
    }
    bytes = bytes.subspan(header + 4 + length);
    return frame;
}

std::string inflated(std::string message, int windowBits) {
    message += std::string{"\0\0\xff\xff", 4};
    std::string room(1 << 20, '\0');
    z_stream stream{};
    EXPECT_EQ(inflateInit2(&stream, -windowBits), Z_OK);
    stream.next_in = reinterpret_cast<Bytef*>(message.data());
    stream.avail_in = static_cast<uInt>(message.size());
    stream.next_out = reinterpret_cast<Bytef*>(room.data());
    stream.avail_out = static_cast<uInt>(room.size());
    EXPECT_EQ(inflate(&stream, Z_SYNC_FLUSH), Z_OK);
    EXPECT_EQ(stream.avail_in, 0U);
    room.resize(room.size() - stream.avail_out);
    inflateEnd(&stream);
    return room;
}

/// Decodes by RFC 3629; how many bytes the longest and the shortest character have.
std::set<std::size_t> characterLengths(const std::string& text) {
    std::set<std::size_t> lengths;
    for (std::size_t index = 0; index < text.size();) {
        const auto lead = static_cast<unsigned char>(text[index]);
        const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        for (std::size_t next = index + 1; next < index + length; ++next) {
            EXPECT_EQ(static_cast<unsigned char>(text.at(next)) & 0xc0, 0x80) << "at byte " << next;
        }
        lengths.insert(length);
        index += length;
    }
    return lengths;
}

TEST(Messages, AMessageIsOneMaskedFinalFrameOfTheSizeAskedFor) {
    for (const std::size_t size : {8, 125, 126, 65535, 65536}) {
        Messages messages{options(Kind::Binary, size)};
        auto bytes = messages.outgoing(5, 1);
        const auto frame = takeFrame(bytes);
        EXPECT_EQ(frame.first, 0x82U);
        EXPECT_EQ(frame.payload.size(), size);
        EXPECT_TRUE(bytes.empty());
    }
}

TEST(Messages, OnlyTheNumbersOfABatchDiffer) {
    Messages messages{options(Kind::Ascii, 64)};
    auto bytes = messages.outgoing(0xfe, 3);
    const auto first = takeFrame(bytes), second = takeFrame(bytes), third = takeFrame(bytes);
    EXPECT_EQ(first.payload.substr(0, 8), "000000fe");
    EXPECT_EQ(second.payload.substr(0, 8), "000000ff");
    EXPECT_EQ(third.payload.substr(0, 8), "00000100");
    EXPECT_EQ(first.payload.substr(8), third.payload.substr(8));
    EXPECT_EQ(first.first, 0x81U);
}

TEST(Messages, MixedTextHasCharactersOfEveryLengthAndNoneIsCut) {
    for (std::size_t size = 64; size < 96; ++size) {
        Messages messages{options(Kind::Mixed, size)};
        auto bytes = messages.outgoing(0, 1);
        const auto frame = takeFrame(bytes);
        EXPECT_EQ(frame.payload.size(), size);
        EXPECT_EQ(frame.first, 0x81U);
        characterLengths(frame.payload);
    }
    Messages messages{options(Kind::Mixed, 1024)};
    auto bytes = messages.outgoing(0, 1);
    EXPECT_EQ(characterLengths(takeFrame(bytes).payload), (std::set<std::size_t>{1, 2, 3, 4}));
}

TEST(Messages, JsonOfEverySizeIsARecordWithTheNumberFirst) {
    for (const std::size_t size : {64, 128, 129, 1024, 5000}) {
        Messages messages{options(Kind::Json, size)};
        auto bytes = messages.outgoing(0xabc, 1);
        const auto frame = takeFrame(bytes);
        EXPECT_EQ(frame.payload.size(), size);
        const auto record = readRecord(std::as_bytes(std::span{frame.payload}));
        EXPECT_TRUE(record.text.starts_with("00000abc")) << record.text;
        EXPECT_FALSE(record.list.empty());
    }
}

TEST(Messages, ACompressedMessageInflatesByItselfWithinTheWindowAgreedOn) {
    for (const int bits : {15, 11, 9}) {
        for (const auto kind : {Kind::Json, Kind::Mixed, Kind::Binary}) {
            Messages messages{options(kind, 4000, true)};
            messages.limitWindow(bits);
            auto bytes = messages.outgoing(0x1234, 2);
            takeFrame(bytes);
            const auto frame = takeFrame(bytes);
            EXPECT_EQ(frame.first, kind == Kind::Binary ? 0xc2U : 0xc1U);
            const auto message = inflated(frame.payload, bits);
            EXPECT_EQ(message.size(), 4000U);
            EXPECT_LT(frame.payload.size(), 3000U);
            EXPECT_NO_THROW(messages.checkWhole(0x1235, std::as_bytes(std::span{message})));
        }
    }
}

TEST(Messages, NeighboursDifferWhereAContextIsKeptAndARunGoesRound) {
    Messages messages{options(Kind::Ascii, 1024, true)};
    auto bytes = messages.outgoing(0, 70);
    std::set<std::string> different;
    while (!bytes.empty()) different.insert(inflated(takeFrame(bytes).payload, 15).substr(8));
    EXPECT_EQ(different.size(), 64U);
}

TEST(Messages, AWrongNumberIsFoundInEveryMessage) {
    for (const auto kind : {Kind::Binary, Kind::Mixed}) {
        Messages messages{options(kind, 64)};
        auto bytes = messages.outgoing(7, 1);
        const auto payload = takeFrame(bytes).payload;
        EXPECT_NO_THROW(messages.check(7, 0, std::as_bytes(std::span{payload})));
        EXPECT_THROW(messages.check(8, 0, std::as_bytes(std::span{payload})), std::runtime_error);
    }
}

TEST(Messages, AWrongByteAnywhereIsFoundInOneOf64HoweverItIsSplit) {
    Messages messages{options(Kind::Binary, 300)};
    auto bytes = messages.outgoing(64, 1);
    const auto payload = takeFrame(bytes).payload;
    for (std::size_t wrong = 0; wrong < payload.size(); ++wrong) {
        auto changed = payload;
        changed[wrong] = static_cast<char>(changed[wrong] ^ 1);
        const auto all = std::as_bytes(std::span{changed});
        const auto checkInParts = [&](std::size_t split) {
            messages.check(64, 0, all.first(split));
            messages.check(64, split, all.subspan(split));
        };
        for (const std::size_t split : {0, 3, 8, 150, 300})
            EXPECT_THROW(checkInParts(split), std::runtime_error) << wrong;
    }
}

TEST(Messages, JsonIsComparedByWhatItSays) {
    Messages messages{options(Kind::Json, 64)};
    auto bytes = messages.outgoing(1, 1);
    const auto payload = takeFrame(bytes).payload;
    const auto record = readRecord(std::as_bytes(std::span{payload}));
    const auto text = record.text;
    const auto says = [&](const std::string& json) { messages.checkWhole(1, std::as_bytes(std::span{json})); };
    std::string list;
    for (const auto& word : record.list) list += (list.empty() ? "\"" : ", \"") + word + "\"";
    EXPECT_NO_THROW(
        says("{ \"list\" : [" + list + "],\n \"number\": 1.2345e3, \"text\": \"\\u0030" + text.substr(1) + "\" }"));
    EXPECT_THROW(says("{\"list\":[" + list + "],\"number\":1234.6,\"text\":\"" + text + "\"}"), std::runtime_error);
    EXPECT_THROW(says("{\"list\":[],\"number\":1234.5,\"text\":\"" + text + "\"}"), std::runtime_error);
    EXPECT_THROW(says("{\"number\":1234.5,\"text\":\"" + text + "\"}"), std::runtime_error);
    EXPECT_THROW(says("{\"list\":[" + list + "],\"number\":1234.5,\"text\":\"" + text + "\"}x"), std::runtime_error);
    EXPECT_THROW(says(""), std::runtime_error);
}

}  // namespace
}  // namespace bench
