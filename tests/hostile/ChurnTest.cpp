// Clients that come, say a word and go, by a Close, by FIN or by a reset in turns: they leave nothing behind.
// PATCHBAY_CHURN_CYCLES sets another number of them.
#include "hostile/Swarm.hpp"
#include "hostile/Victim.hpp"
#include "support/Eventually.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <vector>

namespace patchbay::test {
namespace {

constexpr std::size_t kAtOnce = 128;
constexpr int kSources = 64;  // each address has some 28 000 ports, which stay taken for a minute
constexpr std::size_t kSlack = std::size_t{2} << 20;

std::size_t cycles(std::size_t usual) {
    const char* wanted = std::getenv("PATCHBAY_CHURN_CYCLES");
    return wanted ? std::stoul(wanted) : usual;
}

class Passerby : public SwarmWebSocket {
public:
    explicit Passerby(std::size_t number) : SwarmWebSocket{"/echo"}, number_{number} {}
    bool served() const noexcept { return served_; }

protected:
    void onOpen() override { text("hello"); }
    void onFrame(int opcode, std::string_view payload) override {
        if (opcode == kClose) return leave();
        served_ = opcode == kText && payload == "hello";
        switch (number_ % 3) {
            case 0: return send(clientFrame(kClose, closePayload(1000)));
            case 1: return leave();
            default: return reset();
        }
    }

private:
    std::size_t number_;
    bool served_ = false;
};

/// Lets that many pass, so many at a time. Returns how many were served.
std::size_t pass(Swarm& swarm, bool tls, std::size_t count) {
    std::vector<std::unique_ptr<Passerby>> there;
    std::size_t come = 0;
    std::size_t gone = 0;
    std::size_t served = 0;
    const auto comes = [&](std::unique_ptr<Passerby>& place) {
        place = std::make_unique<Passerby>(come);
        swarm.connect(*place, {.source = 2 + static_cast<int>(come++ % kSources), .receiveBuffer = 0, .tls = tls});
    };
    swarm.run("all have passed", [&] {
        while (there.size() < kAtOnce && come < count) comes(there.emplace_back());
        for (auto& one : there) {
            if (!one || !one->hasEnded()) continue;
            ++gone;
            served += one->served() ? 1 : 0;
            one.reset();
            if (come < count) comes(one);
        }
        return gone == count;
    }, std::chrono::seconds{300});
    return served;
}

void expectNothingLeft(Victim& server, std::size_t warmUp, std::size_t count, bool tls) {
    Swarm swarm{server.port()};
    const std::size_t descriptors = server.descriptors();
    EXPECT_EQ(pass(swarm, tls, warmUp), warmUp);
    ASSERT_TRUE(eventually([&] { return server.descriptors() == descriptors; }));
    const std::size_t memory = server.residentBytes();
    const auto started = std::chrono::steady_clock::now();
    EXPECT_EQ(pass(swarm, tls, count), count);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    EXPECT_TRUE(eventually([&] { return server.descriptors() == descriptors; })) << server.descriptors() - descriptors << " more";
    EXPECT_TRUE(eventually([&] { return server.residentBytes() <= memory + kSlack; })) << server.residentBytes() - memory << " bytes more";
    std::cout << count << " cycles in " << took.count() << " s; resident KiB before and after: " << memory / 1024 << ", "
              << server.residentBytes() / 1024 << "\n";
    EXPECT_EQ(server.counts().sessions, 0U);
}

TEST(Churn, LeavesMemoryAndDescriptorsWhereTheyWere) {
    raiseOpenFiles();
    Victim server;
    expectNothingLeft(server, 5000, cycles(100'000), false);
}

TEST(Churn, OverTlsLeavesMemoryAndDescriptorsWhereTheyWere) {
    raiseOpenFiles();
    Victim server{{.tls = true}};
    expectNothingLeft(server, 1000, cycles(5000), true);
}

}  // namespace
}  // namespace patchbay::test
