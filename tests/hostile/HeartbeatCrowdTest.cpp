// Crowds whose server asks each of them for a sign of life (plugins/heartbeat): what asking costs, that it is spread over
// time, who stays and who is let go.
#include "hostile/Swarm.hpp"
#include "hostile/Victim.hpp"
#include "support/RawWebSocket.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <vector>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

/// How many pings came in each second.
class PingsPerSecond {
public:
    void count() {
        const auto second = static_cast<std::size_t>((Clock::now() - begin_) / 1s);
        if (counts_.size() <= second) counts_.resize(second + 1);
        ++counts_[second];
    }
    std::size_t most() const { return counts_.empty() ? 0 : *std::max_element(counts_.begin(), counts_.end()); }

private:
    const Clock::time_point begin_ = Clock::now();
    std::vector<std::size_t> counts_;
};

/// What somebody does who has nothing to say.
enum class Manner : std::uint8_t { AnswersPings, AnswersOnce, IsDeaf, TalksAnyway };

class Guest : public SwarmWebSocket {
public:
    Guest(Manner manner, PingsPerSecond& pings) : SwarmWebSocket{"/echo"}, manner_{manner}, allPings_{pings} {}

    Manner manner() const noexcept { return manner_; }
    std::size_t pings() const noexcept { return pings_; }
    /// The payload of the server's Close frame; empty without one.
    const std::string& farewell() const noexcept { return farewell_; }
    /// Between its last sign of life and the end of its session.   Requires: hasEnded().
    Clock::duration silence() const { return closed_ - lastSign_; }

    void talk() {
        if (Clock::now() < nextWords_) return;
        constexpr milliseconds kBetweenWords{200};
        nextWords_ = Clock::now() + kBetweenWords;
        text("by the way");
    }

protected:
    void onOpen() override {
        lastSign_ = Clock::now();
        if (manner_ == Manner::TalksAnyway) talk();
    }
    void onFrame(int opcode, std::string_view payload) override {
        if (opcode == kClose) {
            farewell_ = payload;
            leave();
            closed_ = Clock::now();
        }
        if (opcode != kPing) return;
        ++pings_;
        allPings_.count();
        if (manner_ == Manner::IsDeaf || (manner_ == Manner::AnswersOnce && pings_ > 1)) return;
        send(clientFrame(kPong, payload));
        lastSign_ = Clock::now();
    }
    void onEnd() override { closed_ = Clock::now(); }

private:
    const Manner manner_;
    PingsPerSecond& allPings_;
    std::size_t pings_ = 0;
    std::string farewell_;
    Clock::time_point lastSign_, closed_, nextWords_;
};

using Guests = std::vector<std::unique_ptr<Guest>>;

Guests guests(std::size_t count, Manner manner, PingsPerSecond& pings) {
    Guests guests;
    while (guests.size() < count) guests.push_back(std::make_unique<Guest>(manner, pings));
    return guests;
}

std::size_t sizeOf(const Guests& guests, bool (*has)(const Guest&)) {
    return static_cast<std::size_t>(std::count_if(guests.begin(), guests.end(), [&](const auto& guest) { return has(*guest); }));
}

/// All that happens until then.
void live(Swarm& swarm, Clock::duration time, const std::function<void()>& eachTurn = [] {}) {
    const auto end = Clock::now() + time;
    swarm.run("time passes", [&] {
        eachTurn();
        return Clock::now() >= end;
    });
}

TEST(HeartbeatCrowd, OfIdleSessionsIsAskedEvenlyAndForLessThanTwoPercentOfACore) {
    // A fifth of the people, asked five times as often: as many pings a second. `./patchbay test --long` has the whole crowd,
    // at the plugin's default.
    const bool wholeCrowd = std::getenv("PATCHBAY_LONG") != nullptr;
    const std::size_t wanted = wholeCrowd ? 18'000 : 3'600;
    const std::chrono::seconds every{wholeCrowd ? 25 : 5};
    const std::chrono::seconds watchedFor = every + every / 5;  // so that everybody's turn comes
    constexpr std::size_t kOthers = 400;  // descriptors for everything else
    const std::size_t count = std::min(wanted, raiseOpenFiles() - kOthers);
    Victim server{{.plugins = wholeCrowd ? "[ heartbeat ]" : "[ { library: heartbeat, config: { every: 5s, timeout: 5s } } ]"}};
    Swarm swarm{server.port()};
    PingsPerSecond pings;
    const Guests crowd = guests(count, Manner::AnswersPings, pings);
    const auto came = Clock::now();
    openAll(swarm, crowd);
    std::cout << count << " idle sessions (" << wanted << " wanted), open after "
              << std::chrono::duration<double>{Clock::now() - came}.count() << " s\n";

    live(swarm, every);  // nobody is asked before
    const auto used = server.cpuTime();
    const auto began = Clock::now();
    live(swarm, watchedFor);
    const std::chrono::duration<double> watched = Clock::now() - began;
    const double share = std::chrono::duration<double>{server.cpuTime() - used} / watched;
    const std::size_t even = count / static_cast<std::size_t>(every.count());
    std::cout << "the server's processor time: " << 100 * share << " % of a core; pings in the fullest second: " << pings.most()
              << ", evenly it would be " << even << "\n";

    EXPECT_LT(share, 0.02);
    EXPECT_LE(pings.most(), 3 * even) << "a storm of pings";
    EXPECT_EQ(sizeOf(crowd, [](const Guest& guest) { return guest.pings() == 0; }), 0U) << "they were never asked";
    EXPECT_EQ(sizeOf(crowd, [](const Guest& guest) { return guest.hasEnded(); }), 0U) << "they answered, and were let go";
    EXPECT_EQ(server.counts().sessions, count);
}

class MixedCrowd : public testing::Test {
protected:
    static constexpr std::chrono::seconds kEvery{2};
    static constexpr std::chrono::seconds kTimeout{1};

    /// Everyone's session opens, and time enough passes for several pings.
    MixedCrowd() {
        raiseOpenFiles();
        add(600, Manner::AnswersPings);
        add(100, Manner::AnswersOnce);
        add(200, Manner::IsDeaf);
        add(100, Manner::TalksAnyway);
        openAll(swarm_, crowd_);
        live(swarm_, 3 * (kEvery + kTimeout), [&] {
            for (const auto& guest : crowd_) {
                if (guest->manner() == Manner::TalksAnyway) guest->talk();
            }
        });
    }

    template <class Check>
    void forEach(Manner manner, Check check) const {
        for (const auto& guest : crowd_) {
            if (guest->manner() == manner) check(*guest);
        }
    }

    /// Each of them got `pings`, had its time to answer the last of them, and was closed within `bound`.
    void expectClosedAsDead(Manner manner, std::size_t pings, milliseconds bound) const {
        constexpr milliseconds kSlack{500};  // of a busy machine
        Clock::duration longest{};
        forEach(manner, [&](const Guest& guest) {
            EXPECT_EQ(guest.farewell(), closePayload(1001, "no answer to a ping"));
            EXPECT_EQ(guest.pings(), pings);
            EXPECT_GE(guest.silence(), kTimeout - kSlack);
            longest = std::max(longest, guest.silence());
        });
        std::cout << "the last was closed after " << std::chrono::duration<double>{longest}.count() << " s of silence\n";
        EXPECT_LE(longest, bound + kSlack);
    }

    std::size_t sessions() const { return server_.counts().sessions; }

private:
    void add(std::size_t count, Manner manner) {
        for (auto& guest : guests(count, manner, pings_)) crowd_.push_back(std::move(guest));
    }

    Victim server_{{.plugins = "[ { library: heartbeat, config: { every: 2s, timeout: 1s } } ]"}};
    Swarm swarm_{server_.port()};
    PingsPerSecond pings_;
    Guests crowd_;
};

TEST_F(MixedCrowd, LosesItsDeafAtTheTimeoutAndNobodyElse) {
    expectClosedAsDead(Manner::AnswersOnce, 2, kEvery + kTimeout);
    // When newcomers are asked first is spread over another `every`: who talks that often must not be asked sooner.
    expectClosedAsDead(Manner::IsDeaf, 1, 2 * kEvery + kTimeout);
    forEach(Manner::AnswersPings, [](const Guest& guest) {
        EXPECT_FALSE(guest.hasEnded());
        EXPECT_GE(guest.pings(), 2U);
    });
    forEach(Manner::TalksAnyway, [](const Guest& guest) {
        EXPECT_FALSE(guest.hasEnded());
        EXPECT_EQ(guest.pings(), 0U) << "who talks is alive";
    });
    EXPECT_EQ(sessions(), 700U);
}

}  // namespace
}  // namespace patchbay::test
