// Partial input, then silence or the end: it costs no processor time while it lasts, and nothing after its timeout.
// Source: FEATURES P6
#include "hostile/Swarm.hpp"
#include "hostile/Victim.hpp"
#include "support/Eventually.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <thread>
#include <vector>

namespace patchbay::test {
namespace {

constexpr std::size_t kEach = 300;
constexpr std::chrono::milliseconds kWatched{2000};
constexpr const char* kTimeouts = "  handshakeTimeout: 5s\n  idleTimeout: 5s\n";

enum class Then : std::uint8_t { Silence, Fin, Reset };

/// Says a byte as soon as it can, and then nothing.
class OneByte : public Client {
public:
    explicit OneByte(char byte, Then then) : byte_{byte}, then_{then} {}
    bool said() const noexcept { return said_; }

protected:
    void onConnected() override {
        send({&byte_, 1});
        said_ = true;
        if (then_ == Then::Fin) finish();
        if (then_ == Then::Reset) reset();
    }

private:
    char byte_;
    Then then_;
    bool said_ = false;
};

/// The same, where the first byte of a frame is due.
class OneFrameByte : public SwarmWebSocket {
public:
    explicit OneFrameByte(Then then) : SwarmWebSocket{"/echo"}, then_{then} {}
    bool said() const noexcept { return isOpen(); }
    bool sentAway() const noexcept { return sentAway_; }

protected:
    void onOpen() override {
        send("\x81");
        if (then_ == Then::Fin) finish();
        if (then_ == Then::Reset) reset();
    }
    void onFrame(int opcode, std::string_view payload) override {
        constexpr std::string_view kGoingAway{"\x03\xE9", 2};
        sentAway_ = opcode == kClose && payload.starts_with(kGoingAway);
        if (opcode == kClose) leave();
    }

private:
    Then then_;
    bool sentAway_ = false;
};

template <class T>
using Crowd = std::vector<std::unique_ptr<T>>;

class Silence : public testing::Test {
protected:
    /// Those who go leave nothing; those who stay are watched, and freed at the timeout.
    template <class T, class Make>
    Crowd<T> partOf(Victim& server, const Place& place, Make make) {
        Swarm swarm{server.port()};
        const std::size_t before = server.descriptors();
        Crowd<T> gone = crowd<T>(swarm, place, [&](std::size_t i) { return make(i % 2 == 0 ? Then::Fin : Then::Reset); });
        EXPECT_TRUE(eventually([&] { return server.descriptors() <= before; })) << "who has gone is still there";

        Crowd<T> silent = crowd<T>(swarm, place, [&](std::size_t) { return make(Then::Silence); });
        EXPECT_TRUE(eventually([&] { return server.descriptors() >= before + kEach; }));
        const auto used = server.cpuTime();
        std::this_thread::sleep_for(kWatched);  // this is what is measured
        const auto cost = server.cpuTime() - used;
        std::cout << "processor time of " << kEach << " silent clients: "
                  << 100 * std::chrono::duration<double>{cost} / kWatched << " % of a core\n";
        EXPECT_LT(cost, kWatched / 100) << "more than 1 % of a core";
        EXPECT_EQ(server.descriptors(), before + kEach) << "they were let go before their time";
        swarm.run("the server ends them", [&] {
            return std::all_of(silent.begin(), silent.end(), [](const auto& one) { return one->hasEnded(); });
        });
        EXPECT_TRUE(eventually([&] { return server.descriptors() <= before; })) << "the timeout frees nothing";
        return silent;
    }

private:
    template <class T, class Make>
    static Crowd<T> crowd(Swarm& swarm, const Place& place, Make make) {
        Crowd<T> crowd;
        for (std::size_t i = 0; i < kEach; ++i) {
            crowd.push_back(make(i));
            swarm.connect(*crowd.back(), place);
        }
        swarm.run("everyone's byte", [&] {
            return std::all_of(crowd.begin(), crowd.end(), [](const auto& one) { return one->said(); });
        });
        return crowd;
    }
};

TEST_F(Silence, AfterTheFirstByteOfARequestCostsNothingAndEndsAtTheTimeout) {
    Victim server{{.config = kTimeouts}};
    partOf<OneByte>(server, {}, [](Then then) { return std::make_unique<OneByte>('G', then); });
    EXPECT_EQ(server.hello().status, 200);
}

TEST_F(Silence, AfterTheFirstByteOfAFrameCostsNothingAndIsAnIdleSession) {
    Victim server{{.config = kTimeouts}};
    const auto silent = partOf<OneFrameByte>(server, {}, [](Then then) { return std::make_unique<OneFrameByte>(then); });
    EXPECT_TRUE(std::all_of(silent.begin(), silent.end(), [](const auto& one) { return one->sentAway(); }));
    EXPECT_EQ(server.counts().sessions, 0U);
}

TEST_F(Silence, AfterTheFirstByteOfATlsHandshakeCostsNothingAndEndsAtTheTimeout) {
    Victim server{{.config = kTimeouts, .tls = true}};
    partOf<OneByte>(server, {}, [](Then then) { return std::make_unique<OneByte>('\x16', then); });
    EXPECT_TRUE(server.echoes());
}

TEST_F(Silence, AfterTheFirstByteOfARequestWithinTlsEndsAtTheTimeout) {
    Victim server{{.config = kTimeouts, .tls = true}};
    partOf<OneByte>(server, {.tls = true}, [](Then then) { return std::make_unique<OneByte>('G', then); });
    EXPECT_TRUE(server.echoes());
}

}  // namespace
}  // namespace patchbay::test
