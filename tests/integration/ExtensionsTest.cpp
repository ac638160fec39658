// Extensions that a server offers, shown with one that is no compression: every byte of a message is shifted by a key.
// Source: RFC 6455 §5.8, §9; extension.hpp
#include "integration/Probe.hpp"

#include <patchbay/configurator.hpp>
#include <patchbay/extension.hpp>
#include <patchbay/topics.hpp>

#include <array>
#include <atomic>

namespace patchbay::test {
namespace {

constexpr int kShifted = 0x20;

std::string shifted(std::string_view text, int key) {
    std::string result{text};
    for (char& c : result) c = static_cast<char>(c + key);
    return result;
}

/// How often connections of each key have been asked for a broadcast, and told to forget.
struct Counts {
    std::array<std::atomic<int>, 16> broadcasts{};
    std::array<std::atomic<int>, 16> forgotten{};
};

class Shift final : public Extension {
public:
    Shift(int key, std::shared_ptr<Counts> counts) : key_{key}, counts_{std::move(counts)} {}
    std::uint8_t rsvBits() const noexcept override { return kShifted; }
    std::size_t maxEncodedBytes(std::size_t bytes) const noexcept override { return bytes; }
    Decoded decode(std::uint8_t, Bytes payload, MessageBuffer& out) override {
        const std::string text = shifted(asText(payload), -key_);
        if (text.starts_with("broken")) return Decoded::Broken;
        if (text.starts_with("bomb")) return out.append(asBytes(std::string(1'000'000, 'x'))) ? Decoded::Whole : Decoded::TooBig;
        return out.append(asBytes(text)) ? Decoded::Whole : Decoded::TooBig;
    }
    std::uint8_t encode(MessageKind, Bytes payload, MessageBuffer& out) override {
        if (asText(payload) == "plain" || !out.append(asBytes(shifted(asText(payload), key_)))) return 0;
        return kShifted;
    }
    std::uint8_t broadcastForm() const noexcept override { return static_cast<std::uint8_t>(key_); }
    std::uint8_t encodeBroadcast(MessageKind, Bytes payload, MessageBuffer& out) const override {
        ++counts_->broadcasts.at(static_cast<std::size_t>(key_));
        return out.append(asBytes(shifted(asText(payload), key_))) ? kShifted : 0;
    }
    void forget() noexcept override { ++counts_->forgotten.at(static_cast<std::size_t>(key_)); }

private:
    const int key_;
    const std::shared_ptr<Counts> counts_;
};

/// Accepts `shift; key=1` to 15.
class ShiftFactory final : public ExtensionFactory {
public:
    ShiftFactory(std::string name, std::shared_ptr<Counts> counts) : name_{std::move(name)}, counts_{std::move(counts)} {}
    std::string_view name() const noexcept override { return name_; }
    std::optional<Agreed> accept(const ExtensionTerms& offer) override {
        if (offer.parameters.size() != 1 || offer.parameters[0].name != "key") return std::nullopt;
        const int key = std::atoi(offer.parameters[0].value.value_or("0").c_str());
        if (key < 1 || key > 15) return std::nullopt;
        return Agreed{offer, std::make_unique<Shift>(key, counts_)};
    }
    std::vector<ExtensionTerms> offers() const override { return {}; }
    std::unique_ptr<Extension> agree(const ExtensionTerms&) override { return nullptr; }

private:
    const std::string name_;
    const std::shared_ptr<Counts> counts_;
};

class Told {
    SERVER_ENDPOINT(Told, "/told", .maxMessageSize = 1_KiB)
public:
    ON_OPEN(opened)
    void opened(Session session) { session.subscribe("all"); }
    ON_MESSAGE(said)
    std::string said(Session session, std::string_view text) {
        if (text != "extensions") return std::string{text};
        return session.extensions().empty() ? "none" : session.extensions().front().name;
    }
};

/// Wants none of them.
class Without : public Configurator {
public:
    std::vector<ExtensionTerms> negotiatedExtensions(const EndpointConfig&, std::span<const ExtensionTerms>) override { return {}; }
};
class Plain {
    SERVER_ENDPOINT(Plain, "/plain", .configurator = configuredBy<Without>)
public:
    ON_MESSAGE(said)
    std::string_view said(std::string_view text) { return text; }
};

class Extensions : public testing::Test {
protected:
    Extensions() {
        server->addExtension(std::make_shared<ShiftFactory>("shift", counts));
        server->addExtension(std::make_shared<ShiftFactory>("other", counts));
        server.start<Told, Plain>();
    }
    RawWebSocket offering(const std::string& offer, std::string_view path = "/told") {
        return server.connect(path, "Sec-WebSocket-Extensions: " + offer + "\r\n");
    }
    static std::string agreed(const RawWebSocket& socket) { return socket.answer().header("sec-websocket-extensions"); }
    static void sendShifted(RawWebSocket& socket, std::string_view text, int key) {
        socket.socket().send(clientFrame(kShifted | kText, shifted(text, key)));
    }

    std::shared_ptr<Counts> counts = std::make_shared<Counts>();
    TestServer server;
};

TEST_F(Extensions, OneThatIsAgreedOnHandlesTheMessagesOfBothDirections) {
    RawWebSocket socket = offering("shift; key=3");
    EXPECT_EQ(agreed(socket), "shift; key=3");
    sendShifted(socket, "hello", 3);
    const Frame answer = socket.next();
    EXPECT_EQ(answer.reserved, kShifted);
    EXPECT_EQ(answer.payload, shifted("hello", 3));
}

TEST_F(Extensions, MessagesMayBypassItEachWay) {
    RawWebSocket socket = offering("shift; key=3");
    socket.text("hello");  // without its bit
    EXPECT_EQ(socket.next().payload, shifted("hello", 3));
    socket.text("plain");
    const Frame answer = socket.next();
    EXPECT_EQ(answer.reserved, 0);
    EXPECT_EQ(answer.payload, "plain");
}

TEST_F(Extensions, TheFirstOfferThatIsAcceptedCountsAndTheOthersAreDeclined) {
    EXPECT_EQ(agreed(offering("unknown; a=1, shift; key=99, shift; key=2, shift; key=1")), "shift; key=2");
    EXPECT_EQ(agreed(offering("other; key=4, shift; key=2")), "other; key=4") << "the client's preference, not the server's";
    EXPECT_EQ(agreed(offering("shift; key=99")), "");
    EXPECT_EQ(agreed(server.connect("/told")), "");
}

TEST_F(Extensions, AnEndpointsConfiguratorMayWantNone) {
    RawWebSocket socket = offering("shift; key=3", "/plain");
    EXPECT_EQ(agreed(socket), "");
    socket.text("hello");
    EXPECT_EQ(socket.nextText(), "hello");
}

TEST_F(Extensions, TheSessionTellsWhatWasAgreedOn) {
    RawWebSocket with = offering("shift; key=3");
    sendShifted(with, "extensions", 3);
    EXPECT_EQ(shifted(with.next().payload, -3), "shift");
    RawWebSocket without = server.connect("/told");
    without.text("extensions");
    EXPECT_EQ(without.nextText(), "none");
}

TEST_F(Extensions, WhatItCannotDecodeIs1007AndWhatGrowsOverTheLimit1009) {
    RawWebSocket broken = offering("shift; key=3");
    sendShifted(broken, "broken", 3);
    EXPECT_EQ(broken.nextClose().code, 1007);
    RawWebSocket bomb = offering("shift; key=3");
    sendShifted(bomb, "bomb", 3);
    EXPECT_EQ(bomb.nextClose().code, 1009);
    RawWebSocket otherBit = offering("shift; key=3");
    otherBit.socket().send(clientFrame(0x40 | kText, "hello"));
    EXPECT_EQ(otherBit.nextClose().code, 1002);
}

TEST_F(Extensions, ABroadcastIsEncodedOnceForEachForm) {
    std::vector<std::pair<int, RawWebSocket>> peers;  // key, 0 for none
    for (int i = 0; i < 12; ++i) {
        const int key = i % 3;
        peers.emplace_back(key, key == 0 ? server.connect("/told") : offering("shift; key=" + std::to_string(key)));
    }
    Topics& topics = server->topicsOf<Told>();
    ASSERT_TRUE(eventually([&] { return topics.subscribers("all") == peers.size(); }));
    topics.publish("all", "extra");
    for (auto& [key, peer] : peers) {
        const Frame frame = peer.next();
        EXPECT_EQ(frame.payload, shifted("extra", key));
        EXPECT_EQ(frame.reserved, key == 0 ? 0 : kShifted);
    }
    EXPECT_EQ(counts->broadcasts[1].load(), 1);
    EXPECT_EQ(counts->broadcasts[2].load(), 1);
    EXPECT_EQ(counts->forgotten[1].load(), 4) << "each connection's own stream begins anew behind a broadcast";
}

TEST_F(Extensions, OwnAndBroadcastMessagesStayInTheirOrder) {
    RawWebSocket socket = offering("shift; key=5");
    Topics& topics = server->topicsOf<Told>();
    ASSERT_TRUE(eventually([&] { return topics.subscribers("all") == 1; }));
    for (int i = 0; i < 100; ++i) {
        sendShifted(socket, "own " + std::to_string(i), 5);
        EXPECT_EQ(shifted(socket.next().payload, -5), "own " + std::to_string(i));
        topics.publish("all", "all " + std::to_string(i));
        EXPECT_EQ(shifted(socket.next().payload, -5), "all " + std::to_string(i));
    }
}

}  // namespace
}  // namespace patchbay::test
