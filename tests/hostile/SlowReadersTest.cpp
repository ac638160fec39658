// Many who send, many who listen, and some who read nothing: those who read get every message in each sender's order, and
// those who do not cost their queue and nothing else.   Source: FEATURES M1, M2
#include "hostile/Swarm.hpp"
#include "hostile/Victim.hpp"
#include "support/Eventually.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <vector>

namespace patchbay::test {
namespace {

/// Connects, and reads nothing until it is told to.
class Stalled : public SwarmWebSocket {
public:
    using SwarmWebSocket::SwarmWebSocket;
    std::size_t messages() const noexcept { return messages_; }
    /// The number of the last message that it read.
    std::size_t last() const noexcept { return last_; }

protected:
    void onOpen() override { stopReading(); }
    void onFrame(int opcode, std::string_view payload) override {
        if (opcode != kText) return;
        ++messages_;
        last_ = std::stoul(std::string{payload.substr(payload.find(':') + 1, 20)});
    }

private:
    std::size_t messages_ = 0;
    std::size_t last_ = 0;
};

/// Sends numbered messages, "sender:number" and padding, and checks that everyone's arrive in order.
class Member : public SwarmWebSocket {
public:
    Member(std::string target, std::size_t id, std::size_t members) : SwarmWebSocket{std::move(target)}, id_{id}, next_(members) {}

    void sendNext(std::size_t size) {
        std::string message = std::to_string(id_) + ":" + std::to_string(sent_++) + ":";
        message.resize(size, '.');
        text(message);
    }
    std::size_t sent() const noexcept { return sent_; }
    std::size_t received() const noexcept { return received_; }
    std::size_t disordered() const noexcept { return disordered_; }

protected:
    void onFrame(int opcode, std::string_view payload) override {
        if (opcode != kText) return;
        const std::string message{payload.substr(0, 40)};
        const std::size_t sender = std::stoul(message);
        const std::size_t number = std::stoul(message.substr(message.find(':') + 1));
        if (next_.at(sender)++ != number) ++disordered_;
        ++received_;
    }

private:
    std::size_t id_;
    std::vector<std::size_t> next_;
    std::size_t sent_ = 0;
    std::size_t received_ = 0;
    std::size_t disordered_ = 0;
};

template <class T>
using Crowd = std::vector<std::unique_ptr<T>>;

template <class T>
void admit(Swarm& swarm, Crowd<T>& crowd, std::unique_ptr<T> one, int receiveBuffer) {
    swarm.connect(*one, {.source = 2, .receiveBuffer = receiveBuffer});
    crowd.push_back(std::move(one));
    constexpr std::size_t kAtOnce = 200;
    if (crowd.size() % kAtOnce == 0) swarm.run("they are open", [&] { return crowd.back()->isOpen(); });
}

Crowd<Member> members(Swarm& swarm, const std::string& target, std::size_t count) {
    Crowd<Member> crowd;
    for (std::size_t i = 0; i < count; ++i) admit(swarm, crowd, std::make_unique<Member>(target, i, count), 0);
    swarm.run("all are open", [&] { return std::all_of(crowd.begin(), crowd.end(), [](const auto& one) { return one->isOpen(); }); });
    return crowd;
}

Crowd<Stalled> stalled(Swarm& swarm, const std::string& target, std::size_t count) {
    constexpr int kReceiveBuffer = 4096;
    Crowd<Stalled> crowd;
    for (std::size_t i = 0; i < count; ++i) admit(swarm, crowd, std::make_unique<Stalled>(target), kReceiveBuffer);
    swarm.run("all are open", [&] { return std::all_of(crowd.begin(), crowd.end(), [](const auto& one) { return one->isOpen(); }); });
    return crowd;
}

/// Each sender's next message goes out when the slowest member is at most two rounds behind, so that none of those who
/// read can ever fill a queue, however busy the machine is.
void talk(Swarm& swarm, Crowd<Member>& crowd, std::size_t senders, std::size_t rounds, std::size_t size) {
    swarm.run("everyone has heard everything", [&] {
        const auto slowest = std::min_element(crowd.begin(), crowd.end(), [](const auto& a, const auto& b) { return a->received() < b->received(); });
        const std::size_t mayStart = std::min(rounds, (*slowest)->received() / senders + 2);
        for (std::size_t i = 0; i < senders; ++i)
            while (crowd[i]->sent() < mayStart) crowd[i]->sendNext(size);
        return (*slowest)->received() == rounds * senders;
    });
    for (const auto& one : crowd) EXPECT_EQ(one->disordered(), 0U);
}

TEST(SlowReaders, AmongHundredsWhoSendAndListenCostNobodyAMessageNorItsOrder) {
    constexpr std::size_t kMembers = 300;
    constexpr std::size_t kRounds = 25;
    Victim server{{.config = "  idleTimeout: off\n"}};
    Swarm swarm{server.port()};
    Crowd<Stalled> slow = stalled(swarm, "/room", 20);
    Crowd<Member> crowd = members(swarm, "/room", kMembers);
    talk(swarm, crowd, kMembers, kRounds, 1000);
    EXPECT_EQ(server.counts().fellToFullQueue, slow.size()) << "7.5 MB for each, of which the queue takes 2 MiB";
}

/// Reads nothing, and says that it is there.
class Ponging : public Stalled {
public:
    using Stalled::Stalled;
    void pong() { send(std::string_view{"\x8A\x80\0\0\0\0", 6}); }
};

// A room that was entered 960 times without reading held 430 MB for as long as somebody sent a pong now and then.
TEST(SlowReaders, WhoTakeNothingAreEndedThoughTheySendPongs) {
    constexpr std::size_t kStalled = 300, kTalkers = 8, kTalked = 100, kLength = 1000;
    constexpr std::size_t kSentToAll = kStalled * kTalkers * kTalked * kLength;  // the kernel takes a good part of it
    Victim server{{.config = "  idleTimeout: off\n  sendTimeout: 8s\n"}};  // longer than the room talks, on a busy machine too
    Swarm swarm{server.port()};
    const std::size_t before = server.residentBytes();
    Crowd<Ponging> slow;
    for (std::size_t i = 0; i < kStalled; ++i) admit(swarm, slow, std::make_unique<Ponging>("/room"), 4096);
    swarm.run("all are open", [&] { return std::all_of(slow.begin(), slow.end(), [](const auto& one) { return one->isOpen(); }); });
    Crowd<Member> crowd = members(swarm, "/room", kTalkers);
    talk(swarm, crowd, kTalkers, kTalked, kLength);
    const std::size_t pinned = server.residentBytes() - before;
    auto next = std::chrono::steady_clock::now();
    std::size_t sessions = kStalled;
    swarm.run("they are ended", [&] {
        if (std::chrono::steady_clock::now() < next) return false;
        next += std::chrono::milliseconds{200};
        for (const auto& one : slow) one->pong();
        sessions = server.counts().sessions;
        return sessions == crowd.size();
    }, std::chrono::seconds{30});
    std::cout << pinned / 1024 << " KiB were pinned by " << kStalled << " who read nothing\n";
    EXPECT_GT(pinned, kSentToAll / 20) << "no test of anything";
    EXPECT_EQ(server.counts().fellToFullQueue, 0U);
    for (int more = 0; more < 6; ++more) {  // who comes next finds what they have left
        slow.clear();
        for (std::size_t i = 0; i < kStalled; ++i) admit(swarm, slow, std::make_unique<Ponging>("/room"), 4096);
        swarm.run("others are open", [&] { return std::all_of(slow.begin(), slow.end(), [](const auto& one) { return one->isOpen(); }); });
        talk(swarm, crowd, kTalkers, crowd.front()->sent() + kTalked, kLength);
    }
    EXPECT_LT(server.residentBytes() - before, 4 * std::max(pinned, kSentToAll / 10)) << "seven times what is pinned would be more than that";
}

constexpr std::size_t kSlow = 1000;
constexpr std::size_t kHealthy = 100;
constexpr std::size_t kQueue = 64 * 1024;
constexpr std::size_t kSize = 2000;
constexpr std::size_t kRounds = 2500;  // 5 MB for each

struct Fed {
    std::size_t grown = 0;
    Victim::Counts counts;
};

/// A thousand who read nothing beside a hundred who do.
Fed feed(const std::string& policy, Crowd<Stalled>& slow, Victim& server, Swarm& swarm) {
    slow = stalled(swarm, "/feed", kSlow);
    Crowd<Member> healthy = members(swarm, "/feed", kHealthy);
    const std::size_t before = server.residentBytes();
    talk(swarm, healthy, 1, kRounds, kSize);
    const std::size_t after = server.residentBytes();
    Fed fed{after > before ? after - before : 0, server.counts()};
    std::cout << policy << ": " << kHealthy * kRounds << " messages in order; " << fed.counts.fellToFullQueue << " of " << kSlow
              << " closed; " << fed.grown / 1024 / 1024 << " MiB more\n";
    return fed;
}

std::string queueThat(const std::string& policy) {
    return "  idleTimeout: off\n  sendQueue: { bytes: 64KiB, whenFull: " + policy + " }\n";
}

constexpr std::size_t kSlack = std::size_t{16} << 20;

TEST(SlowReaders, AThousandOfThemFallToThePolicyThatCloses) {
    Victim server{{.config = queueThat("close")}};
    Swarm swarm{server.port()};
    Crowd<Stalled> slow;
    const Fed fed = feed("close", slow, server, swarm);
    EXPECT_EQ(fed.counts.fellToFullQueue, kSlow);
    EXPECT_EQ(fed.counts.sessions, 0U + kHealthy);
    EXPECT_LE(fed.grown, kSlow * kQueue + kSlack);
}

TEST(SlowReaders, AThousandOfThemKeepTheirSessionsAndOnlyTheirQueueWhereTheOldestAreDropped) {
    Victim server{{.config = queueThat("drop-oldest")}};
    Swarm swarm{server.port()};
    Crowd<Stalled> slow;
    const Fed fed = feed("drop-oldest", slow, server, swarm);
    EXPECT_EQ(fed.counts.fellToFullQueue, 0U);
    EXPECT_EQ(fed.counts.sessions, kSlow + kHealthy);
    EXPECT_LE(fed.grown, kSlow * kQueue + kSlack);
    for (std::size_t i = 0; i < kSlow; i += kSlow / 10) {
        Stalled& one = *slow[i];
        one.readAgain();
        swarm.run("the newest arrives", [&] { return one.last() == kRounds - 1; });
        EXPECT_LT(one.messages(), kRounds) << "nothing had to be dropped: no test of anything";
    }
}

}  // namespace
}  // namespace patchbay::test
