// A receiver that takes no more for now: what it was not given waits with whoever carries the bytes, and comes again.

#include "Wire.hpp"

#include <utility>

namespace patchbay::protocol::testing {
namespace {

constexpr std::string_view kKey{"\x37\xfa\x21\x3d", 4};

/// A server's connection that is held after each message, and whoever carries its bytes.
class Holding : public Recorder {
public:
    explicit Holding(std::unique_ptr<Extension> extension = nullptr)
        : connection{Role::Server, {.maxMessageSize = 1 << 20, .maxFragments = 0}, *this, std::move(extension)} {
        answers = &connection;
    }

    void onMessage(MessageKind kind, std::span<std::byte> payload) override {
        Recorder::onMessage(kind, payload);
        connection.hold();
    }

    /// So many bytes at a time; what is not taken is kept, and what comes then goes behind it.
    const Events& receive(std::string_view bytes, std::size_t chunkBytes) {
        for (; !bytes.empty(); bytes.remove_prefix(std::min(chunkBytes, bytes.size())))
            take(bytes.substr(0, chunkBytes));
        return events;
    }
    /// Goes on with what was kept, so many bytes at a time.
    const Events& release(std::size_t chunkBytes) {
        connection.release();
        return receive(std::exchange(kept, {}), chunkBytes);
    }

    Connection connection;
    std::string kept;

private:
    void take(std::string_view chunk) {
        std::vector<std::byte> buffer(chunk.size() + kSlackBytes, std::byte{0xA5});
        std::memcpy(buffer.data(), chunk.data(), chunk.size());
        const bool held = connection.isHeld();
        const std::size_t left = connection.receive(std::span{buffer}.first(chunk.size()));
        EXPECT_TRUE(connection.isHeld() || left == 0);
        EXPECT_TRUE(!held || left == chunk.size());
        EXPECT_EQ(asText(std::span{buffer}.first(chunk.size()).last(left)), chunk.substr(chunk.size() - left))
            << "untouched";
        kept += chunk.substr(chunk.size() - left);
    }
};

class Held : public ::testing::TestWithParam<std::size_t> {
protected:
    const Events& receive(std::string_view bytes) { return peer.receive(bytes, GetParam()); }
    const Events& release() { return peer.release(GetParam()); }

    Holding peer;
};
PATCHBAY_IN_CHUNKS(Held);

TEST_P(Held, NothingBehindAMessageComesBeforeItsRelease) {
    const std::string large(70'000, 'l');
    Events expected{"text:one"};
    EXPECT_EQ(receive(clientFrame(0x81, "one", kKey) + clientFrame(0x82, "two", kKey) + clientFrame(0x01, "thr", kKey) +
                      clientFrame(0x80, "ee", kKey) + clientFrame(0x82, large, kKey) + clientFrame(0x81, "", kKey)),
              expected);
    for (const std::string& next : {"binary:two"s, "text:three"s, "binary:" + large, "text:"s}) {
        expected.push_back(next);
        EXPECT_EQ(release(), expected);
    }
    EXPECT_EQ(release(), expected);
    EXPECT_FALSE(peer.connection.isHeld());
}

TEST_P(Held, PingsAndPongsBehindAMessageWait) {
    EXPECT_EQ(receive(clientFrame(0x81, "one") + clientFrame(0x89, "ping") + clientFrame(0x8A, "pong")),
              Events{"text:one"});
    EXPECT_EQ(release(), (Events{"text:one", "reply:8a 04 70 69 6e 67", "pong:pong"}));
}

TEST_P(Held, PingsBetweenTheFragmentsOfAMessageDoNotWaitForIt) {
    EXPECT_EQ(
        receive(clientFrame(0x01, "o") + clientFrame(0x89, "p") + clientFrame(0x80, "ne") + clientFrame(0x89, "q")),
        (Events{"reply:8a 01 70", "text:one"}));
    EXPECT_EQ(release().back(), "reply:8a 01 71");
}

TEST_P(Held, ACloseBehindAMessageWaits) {
    EXPECT_EQ(receive(clientFrame(0x81, "one") + clientFrame(0x88, closeBody(4001, "bye"))), Events{"text:one"});
    EXPECT_FALSE(peer.connection.closeReceived());
    EXPECT_FALSE(peer.connection.closeSent());
    EXPECT_EQ(release(), (Events{"text:one", "reply:88 02 0f a1", "close:4001:bye"}));
    EXPECT_TRUE(peer.connection.closeReceived());
}

TEST_P(Held, ABrokenRuleBehindAMessageFailsTheConnectionWhenItIsRead) {
    EXPECT_EQ(receive(clientFrame(0x81, "one") + hex("ff 00")), Events{"text:one"});
    EXPECT_EQ(release(),
              Events{"text:one"} +
                  failure(1002, "reserved bit set that no extension has defined for this frame (RFC 6455 §5.2)"));
}

TEST_P(Held, AfterACloseOrAFailureNothingIs) {
    for (const std::string& end : {clientFrame(0x88, ""), hex("ff 00")}) {
        Holding ended;
        ended.receive(end, GetParam());
        const Events before = ended.events;
        ended.connection.hold();
        EXPECT_FALSE(ended.connection.isHeld());
        EXPECT_EQ(ended.receive(clientFrame(0x81, "late"), GetParam()), before);
        EXPECT_EQ(ended.kept, "") << "later bytes are ignored (RFC 6455 §5.5.1, §7.1.7)";
    }
}

TEST_P(Held, EncodedMessagesWaitEncoded) {
    Holding extended{std::make_unique<Turner>()};
    const std::string bytes = clientFrame(0xC1, "`bc!", kKey) + clientFrame(0x41, "`", kKey) +
                              clientFrame(0x80, "!", kKey) + clientFrame(0x81, "as it is", kKey);
    EXPECT_EQ(extended.receive(bytes, GetParam()), Events{"text:acb"});
    EXPECT_EQ(extended.release(GetParam()), (Events{"text:acb", "text:a"}));
    EXPECT_EQ(extended.release(GetParam()), (Events{"text:acb", "text:a", "text:as it is"}));
}

TEST_P(Held, AMessageInTheMiddleGoesOnWhereItWas) {
    const std::string frame = clientFrame(0x81, "in two halves", kKey);
    receive(frame.substr(0, 10));
    peer.connection.hold();
    EXPECT_EQ(receive(frame.substr(10)), Events{});
    EXPECT_EQ(release(), Events{"text:in two halves"});
}

// ---- what is read to where its message is collected

TEST(HeldRoom, IsNoneUntilTheReleaseAndThenTheSameAsBefore) {
    Holding peer;
    const std::string frame = clientFrame(0x82, std::string(10'000, 'b'), kKey);
    peer.receive(frame.substr(0, 1'008), 1 << 20);
    EXPECT_EQ(peer.connection.room().size(), 9'000U);
    peer.connection.hold();
    EXPECT_TRUE(peer.connection.room().empty());
    peer.connection.release();
    const std::span<std::byte> room = peer.connection.room();
    ASSERT_EQ(room.size(), 9'000U);
    std::memcpy(room.data(), frame.data() + 1'008, room.size());
    peer.connection.roomFilled(room.size());
    EXPECT_EQ(peer.events, Events{"binary:" + std::string(10'000, 'b')});
}

TEST(HeldRoom, AMessageThatIsFilledUpHoldsWhatWasReadBehindIt) {
    Holding peer;
    const std::string frame = clientFrame(0x82, std::string(10'000, 'b'), kKey);
    peer.receive(frame.substr(0, 100), 1 << 20);
    const std::span<std::byte> room = peer.connection.room();
    std::memcpy(room.data(), frame.data() + 100, room.size());
    peer.connection.roomFilled(room.size());
    const Events first{"binary:" + std::string(10'000, 'b')};
    EXPECT_EQ(peer.receive(clientFrame(0x81, "next", kKey), 1 << 20), first);
    EXPECT_TRUE(peer.connection.room().empty());
    EXPECT_EQ(peer.release(1 << 20), first + Events{"text:next"});
}

// ---- whatever holds, and what does not wait

TEST(Hold, StopsNothingOfWhatIsSent) {
    Holding peer;
    peer.connection.hold();
    EXPECT_TRUE(peer.connection.send(MessageKind::Text, asBytes("a"), peer));
    EXPECT_TRUE(peer.connection.ping(asBytes("b"), peer));
    EXPECT_TRUE(peer.connection.close(CloseCode::Normal, {}, peer));
    EXPECT_EQ(peer.sent, hex("81 01 61 89 01 62 88 02 03 e8"));
}

TEST(Hold, ThatIsReleasedWithinTheMessageStopsNothing) {
    class Brief : public Recorder {
    public:
        void onMessage(MessageKind kind, std::span<std::byte> payload) override {
            Recorder::onMessage(kind, payload);
            connection.hold();
            connection.release();
        }
        Connection connection{Role::Server, {}, *this};
    } peer;
    std::string bytes = clientFrame(0x81, "one") + clientFrame(0x81, "two");
    const std::size_t size = bytes.size();
    bytes.resize(size + kSlackBytes);
    EXPECT_EQ(peer.connection.receive(std::as_writable_bytes(std::span{bytes}).first(size)), 0U);
    EXPECT_EQ(peer.events, (Events{"text:one", "text:two"}));
}

TEST(Hold, ThatAControlFrameBringsAboutKeepsWhatIsBehindThat) {
    class Shy : public Recorder {
    public:
        void onPong(Bytes payload) override {
            Recorder::onPong(payload);
            connection.hold();
        }
        Connection connection{Role::Server, {}, *this};
    } peer;
    std::string bytes = clientFrame(0x8A, "") + clientFrame(0x81, "one");
    const std::size_t size = bytes.size();
    bytes.resize(size + kSlackBytes);
    EXPECT_EQ(peer.connection.receive(std::as_writable_bytes(std::span{bytes}).first(size)),
              clientFrame(0x81, "one").size());
    EXPECT_EQ(peer.events, Events{"pong:"});
}

}  // namespace
}  // namespace patchbay::protocol::testing
