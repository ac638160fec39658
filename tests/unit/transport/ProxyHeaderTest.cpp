// The PROXY protocol; the bytes are those of its specification, §2.1 and §2.2.
#include "transport/ProxyGreetings.hpp"
#include "transport/ProxyHeader.hpp"

#include "base/Log.hpp"

#include "Sockets.hpp"

#include <gmock/gmock.h>

namespace patchbay::transport {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using testing::HasSubstr;
using State = ProxyHeader::State;

const std::string kSignature{"\x0D\x0A\x0D\x0A\x00\x0D\x0A\x51\x55\x49\x54\x0A", 12};
const std::string kLine = "PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n";
/// 192.0.2.7:56324 to 198.51.100.1:443, with a TLV (PP2_TYPE_NOOP) behind.
const std::string kBinary = kSignature + "\x21\x11\x00\x10\xC0\x00\x02\x07\xC6\x33\x64\x01\xDC\x04\x01\xBB\x04\x00\x01\x00"s;

/// However it is cut, the verdict is one.
class ProxyHeaderInPieces : public testing::TestWithParam<std::size_t> {
protected:
    ProxyHeader read(std::string_view bytes) {
        ProxyHeader header;
        for (std::size_t end = 0; header.state == State::Incomplete && end < bytes.size();) {
            end = std::min(end + GetParam(), bytes.size());
            header = readProxyHeader(bytes.substr(0, end));
        }
        return header;
    }
    void expectSource(const std::string& header, std::string_view source) {
        const ProxyHeader found = read(header + "GET / HTTP/1.1\r\n");
        EXPECT_EQ(found.state, State::Complete) << header << found.problem;
        EXPECT_EQ(found.bytes, header.size());
        EXPECT_EQ(found.source, source);
    }
    void expectBad(std::string_view bytes, std::string_view problem) {
        const ProxyHeader found = read(bytes);
        EXPECT_EQ(found.state, State::Bad) << bytes;
        EXPECT_THAT(std::string{found.problem}, HasSubstr(problem)) << bytes;
    }
};
INSTANTIATE_TEST_SUITE_P(Chunks, ProxyHeaderInPieces, testing::Values(1, 7, 4096), testing::PrintToStringParamName());

TEST_P(ProxyHeaderInPieces, NamesTheSourceInALine) {
    expectSource(kLine, "192.0.2.7:56324");
    expectSource("PROXY TCP6 2001:db8::7 ::1 1 2\r\n", "[2001:db8::7]:1");
    expectSource("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535");
    expectSource("PROXY UNKNOWN\r\n", "");
    expectSource("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", "");
}

TEST_P(ProxyHeaderInPieces, NamesTheSourceInBytes) {
    expectSource(kBinary, "192.0.2.7:56324");
    expectSource(kSignature + "\x21\x21\x00\x24"s + std::string(15, '\0') + "\x07"s + std::string(16, '\1') + "\x00\x50\x01\xBB"s, "[::7]:80");
    expectSource(kSignature + "\x20\x00\x00\x00"s, "");                                  // LOCAL: a health check
    expectSource(kSignature + "\x21\x00\x00\x00"s, "");                                  // unspecified
    expectSource(kSignature + "\x21\x31\x00\xD8"s + std::string(216, 'x'), "");          // Unix
    expectSource(kSignature + "\x21\x12\x00\x0C"s + std::string(12, '\1'), "");          // UDP
}

TEST_P(ProxyHeaderInPieces, IsRefusedWhereItIsWrong) {
    expectBad("GET / HTTP/1.1\r\n", "there is none");
    expectBad("\x16\x03\x01", "there is none");  // TLS
    expectBad("proxy TCP4 ", "there is none");
    expectBad("PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\n", "CRLF");
    expectBad("PROXY TCP5 192.0.2.7 198.51.100.1 1 2\r\n", "protocol");
    expectBad("PROXY TCP4 192.0.2.7 198.51.100.1 1\r\n", "five words");
    expectBad("PROXY TCP4 192.0.2.7 198.51.100.1 1 2 3\r\n", "five words");
    expectBad("PROXY TCP4  192.0.2.7 198.51.100.1 1 2\r\n", "five words");
    expectBad("PROXY TCP4 ::1 198.51.100.1 1 2\r\n", "addresses");
    expectBad("PROXY TCP6 192.0.2.7 ::1 1 2\r\n", "addresses");
    expectBad("PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n", "addresses");
    expectBad("PROXY TCP4 192.0.2.7 198.51.100.1 65536 443\r\n", "ports");
    expectBad("PROXY TCP4 192.0.2.7 198.51.100.1 -1 443\r\n", "ports");
    expectBad(kSignature + "\x11\x11\x00\x0C"s, "version");
    expectBad(kSignature + "\x22\x11\x00\x0C"s, "command");
    expectBad(kSignature + "\x21\x11\x00\x0B"s, "too short");
    expectBad(kSignature + "\x21\x21\x00\x23"s, "too short");
}

TEST_P(ProxyHeaderInPieces, HasABoundOnItsSize) {
    const std::string line = "PROXY UNKNOWN " + std::string(91, 'x') + "\r\n";
    ASSERT_EQ(line.size(), 107u);
    expectSource(line, "");
    expectBad("PROXY UNKNOWN " + std::string(92, 'x') + "\r\n", "107");
    expectSource(kSignature + "\x20\x00\x0F\xF0"s + std::string(4080, 'x'), "");
    expectBad(kSignature + "\x20\x00\x0F\xF1"s, "4096");
    expectBad(kSignature + "\x20\x00\xFF\xFF"s, "4096");
}

class ProxyGreetingsTest : public testing::Test {
protected:
    test::Peer begin(std::chrono::milliseconds within = 0ms) {
        const auto [near, far] = test::tcpPair();
        greetings.await(Socket{near}, "10.0.0.1:9", within, ConnectionPlace{count}, [this](Socket socket, std::string peer) {
            came.push_back(std::move(peer));
            sockets.push_back(std::move(socket));
        });
        return test::Peer{far};
    }
    std::string readOfTheFirst() {
        std::byte bytes[Socket::kLeastRead];
        const IoResult result = sockets.at(0).read(bytes);
        return std::string{asText(Bytes{bytes, result.bytes})};
    }

    EventLoop loop;
    const std::shared_ptr<ConnectionCount> count = std::make_shared<ConnectionCount>(std::make_shared<Doorbell>());
    ProxyGreetings greetings{loop};
    std::vector<std::string> came;
    std::vector<Socket> sockets;
};

TEST_F(ProxyGreetingsTest, LeaveWhatStandsBehindTheHeader) {
    test::Peer peer = begin();
    EXPECT_EQ(count->now(), 1u);
    peer.write(kLine + "GET /");
    ASSERT_TRUE(test::turnUntil(loop, [&] { return !came.empty(); }));
    EXPECT_EQ(came[0], "192.0.2.7:56324");
    EXPECT_EQ(readOfTheFirst(), "GET /");
    EXPECT_EQ(count->now(), 0u);
}

TEST_F(ProxyGreetingsTest, TakeAHeaderInPiecesAndSleepInBetween) {
    test::Peer peer = begin();
    for (const char byte : kBinary) {
        EXPECT_TRUE(came.empty());
        peer.write(std::string_view{&byte, 1});
        const auto before = Clock::now();
        loop.runOnce(1s);  // the byte
        EXPECT_LT(Clock::now() - before, 1s);
        if (!came.empty()) break;
        const auto quiet = Clock::now();
        loop.runOnce(5ms);  // and nothing more: no byte is left that would wake it again and again
        EXPECT_GE(Clock::now() - quiet, 4ms);
    }
    ASSERT_FALSE(came.empty());
    peer.write("rest");
    EXPECT_TRUE(test::turnUntil(loop, [&] { return readOfTheFirst() == "rest"; }));
}

TEST_F(ProxyGreetingsTest, LetAConnectionSpeakForItself) {
    test::Peer peer = begin();
    peer.write("PROXY UNKNOWN\r\n");
    ASSERT_TRUE(test::turnUntil(loop, [&] { return !came.empty(); }));
    EXPECT_EQ(came[0], "");
}

TEST_F(ProxyGreetingsTest, ResetWhoSaysSomethingElse) {
    test::Peer peer = begin();
    peer.write("GET / HTTP/1.1\r\n");
    peer.readToTheEnd(loop);
    EXPECT_TRUE(peer.error());
    EXPECT_TRUE(came.empty());
    EXPECT_EQ(count->now(), 0u);
}

TEST_F(ProxyGreetingsTest, ResetWhoSaysHalfOfItAndStays) {
    test::Peer peer = begin(20ms);
    peer.write("PROXY TCP4 ");
    peer.readToTheEnd(loop);
    EXPECT_TRUE(peer.error());
    EXPECT_EQ(count->now(), 0u);
}

TEST_F(ProxyGreetingsTest, MayComeAtAnyTimeWhereTheTimeIsTheLongestThereIs) {
    test::Peer peer = begin(std::chrono::milliseconds::max());
    loop.runOnce(5ms);
    peer.write(kLine);
    EXPECT_TRUE(test::turnUntil(loop, [&] { return !came.empty(); }));
}

TEST_F(ProxyGreetingsTest, ForgetWhoLeaves) {
    { test::Peer peer = begin(); }
    EXPECT_TRUE(test::turnUntil(loop, [&] { return count->now() == 0; }));
    EXPECT_TRUE(came.empty());
}

TEST_F(ProxyGreetingsTest, EndAllThatWait) {
    test::Peer one = begin(), two = begin(10s);
    greetings.endAll();
    EXPECT_EQ(count->now(), 0u);
    one.readToTheEnd(loop);
    EXPECT_TRUE(one.ended());
}

}  // namespace
}  // namespace patchbay::transport
