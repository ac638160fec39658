// A crowd whose messages are compressed (plugins/compression), and what the server keeps for it.   Source: FEATURES P3
#include "hostile/Swarm.hpp"
#include "hostile/Victim.hpp"
#include "support/RawWebSocket.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <new>
#include <vector>

namespace patchbay::test {
namespace {

constexpr int kRsv1 = 0x40;
constexpr std::string_view kFlushed{"\0\0\xff\xff", 4};  // ends every flush, and is not sent (RFC 7692 §7.2.1)

/// 1 KiB as an application would send it.
const std::string& message() {
    static const std::string text = [] {
        std::string json = R"({"type":"positions","items":[)";
        for (int i = 0; json.size() < 1000; ++i) {
            json += (i == 0 ? "" : ",") + std::string{R"({"id":)"} + std::to_string(7919 * (i + 1) % 10007) + R"(,"x":)" +
                    std::to_string(i * i % 640) + R"(,"y":)" + std::to_string(i * 37 % 480) + "}";
        }
        return json + "]}";
    }();
    return text;
}

/// message() as the first of a connection, within a smaller window than the server asks for.
const std::string& compressedMessage() {
    static const std::string bytes = [] {
        z_stream stream{};
        constexpr int kWindowBits = 10;
        if (::deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, -kWindowBits, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
            throw std::bad_alloc{};
        }
        std::string text = message();
        std::string out(2 * text.size(), '\0');
        stream.next_in = reinterpret_cast<Bytef*>(text.data());
        stream.avail_in = static_cast<uInt>(text.size());
        stream.next_out = reinterpret_cast<Bytef*>(out.data());
        stream.avail_out = static_cast<uInt>(out.size());
        ::deflate(&stream, Z_SYNC_FLUSH);
        out.resize(stream.total_out - kFlushed.size());
        ::deflateEnd(&stream);
        return out;
    }();
    return bytes;
}

/// The echo, which refers to no message before it; empty if it cannot be read so.
std::string inflated(std::string_view payload) {
    z_stream stream{};
    if (::inflateInit2(&stream, -15) != Z_OK) throw std::bad_alloc{};
    std::string in = std::string{payload}.append(kFlushed);
    std::string out(2 * message().size(), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const bool good = ::inflate(&stream, Z_SYNC_FLUSH) == Z_OK && stream.avail_in == 0;
    out.resize(good ? stream.total_out : 0);
    ::inflateEnd(&stream);
    return out;
}

/// Offers to compress, as browsers do, sends one message and keeps what kind of echo came.
class Browser : public SwarmWebSocket {
public:
    Browser() : SwarmWebSocket{"/echo", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"} {}

    bool heard() const noexcept { return heard_; }
    bool echoWasRight() const noexcept { return echoWasRight_; }
    bool echoWasCompressed() const noexcept { return echoWasCompressed_; }

protected:
    void onOpen() override {
        compresses_ = answer().find("permessage-deflate") != std::string::npos;
        if (compresses_) {
            send(clientFrame(kRsv1 | kText, compressedMessage()));
        } else {
            text(message());
        }
    }
    void onFrame(int opcode, std::string_view payload) override {
        heard_ = true;
        echoWasCompressed_ = compresses_ && hasRsv1();
        echoWasRight_ = opcode == kText && message() == (hasRsv1() ? inflated(payload) : std::string{payload});
    }

private:
    bool compresses_ = false;
    bool heard_ = false;
    bool echoWasRight_ = false;
    bool echoWasCompressed_ = false;
};

using Browsers = std::vector<std::unique_ptr<Browser>>;

std::size_t sizeOf(const Browsers& crowd, bool (Browser::*has)() const noexcept) {
    return static_cast<std::size_t>(std::count_if(crowd.begin(), crowd.end(), [&](const auto& one) { return ((*one).*has)(); }));
}

struct Cost {
    std::size_t bytes = 0;
    std::size_t compressedEchoes = 0;
};

/// What so many sessions, each of which has had its echo, have added to a new server's memory.
Cost cost(std::size_t count, const std::string& plugins) {
    Victim server{{.config = "  idleTimeout: off\n", .plugins = plugins}};
    Swarm swarm{server.port()};
    Browsers crowd;
    while (crowd.size() < count) crowd.push_back(std::make_unique<Browser>());
    const std::size_t before = server.residentBytes();
    openAll(swarm, crowd);
    swarm.run("everyone's echo", [&] { return sizeOf(crowd, &Browser::heard) == count; });
    const std::size_t bytes = server.residentBytes() - before;
    EXPECT_EQ(sizeOf(crowd, &Browser::echoWasRight), count);
    EXPECT_EQ(server.counts().sessions, count);
    return {bytes, sizeOf(crowd, &Browser::echoWasCompressed)};
}

TEST(CompressedCrowd, OfFiveThousandSessionsAddsAtMost64Megabytes) {
    constexpr std::size_t kCount = 5000;
    constexpr std::size_t kMegabyte = 1'000'000;
    if (raiseOpenFiles() < kCount + 400) GTEST_SKIP() << "needs " << kCount << " open files and some more";

    const Cost plain = cost(kCount, "");
    const Cost compressed = cost(kCount, "[ compression ]");
    std::cout << "memory of " << kCount << " sessions: " << plain.bytes / kMegabyte << " MB plain, "
              << compressed.bytes / kMegabyte << " MB compressed\n";
    EXPECT_EQ(plain.compressedEchoes, 0U);
    EXPECT_EQ(compressed.compressedEchoes, kCount);
    EXPECT_LE(compressed.bytes, plain.bytes + 64 * kMegabyte);
}

}  // namespace
}  // namespace patchbay::test
