// Who makes room for whom, with two loops that a test turns one after the other: what one has asked of the other may be stale when its
// turn comes.
#include "http/Gate.hpp"
#include "unit/transport/Sockets.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace patchbay::http {
namespace {

using transport::EventLoop, transport::OpenSockets, transport::Socket, transport::SocketPlace;

class NoSite final : public Site {
public:
    Match find(std::string_view, std::string_view) const override { return {.route = nullptr, .pathParameters = {}, .refusal = {404, {}, {}}, .keep = {}}; }
    std::shared_ptr<void> upgrade(const UpgradeRequest&, Decided) override { return nullptr; }
    bool knowsHost(std::string_view) const override { return false; }
    bool isStopping() const noexcept override { return false; }
};

class EvictionElsewhere : public ::testing::Test {
protected:
    static constexpr std::size_t kMost = 2, kHere = 0, kThere = 1;

    ~EvictionElsewhere() override {
        for (const std::size_t index : {kHere, kThere}) {
            {
                const Loop::Turning turning{*loops[index]};
                Gate::endAll(*state, index);
            }
            turn(index);
        }
    }
    /// A connection that says nothing; its far end.
    transport::test::Peer open(std::size_t index) {
        const auto [near, far] = transport::test::localPair();
        const Loop::Turning turning{*loops[index]};
        Gate::open(state, *loops[index], index, Newcomer{.socket = Socket{near}, .address = "127.0.0.1", .onLoopback = true, .place = SocketPlace{*sockets}});
        return transport::test::Peer{far};
    }
    void turn(std::size_t index) { loops[index]->runOnce(std::chrono::milliseconds{0}); }
    bool isThere(transport::test::Peer& peer) {
        peer.read();
        return !peer.ended() && !peer.error();
    }

    static GateOptions options() {
        GateOptions options;
        options.maxConnections = kMost;
        return options;
    }

    const std::shared_ptr<OpenSockets> sockets = std::make_shared<OpenSockets>();
    const std::vector<std::shared_ptr<EventLoop>> loops{std::make_shared<EventLoop>(sockets), std::make_shared<EventLoop>(sockets)};
    const std::shared_ptr<Doorbell> ended = std::make_shared<Doorbell>();
    NoSite site;
    HttpHost host{2, ended, {}};
    const std::shared_ptr<GateState> state = std::make_shared<GateState>(site, host, std::vector<std::shared_ptr<Loop>>{loops.begin(), loops.end()},
                                                                         ended, options());
};

TEST_F(EvictionElsewhere, IsOfWhoIsSilentThereWhenThereIsStillNoRoom) {
    const SocketPlace session{*sockets};
    auto silent = open(kThere);
    auto newcomer = open(kHere);
    EXPECT_TRUE(isThere(silent)) << "its loop has not turned";
    turn(kThere);
    EXPECT_FALSE(isThere(silent));
    EXPECT_TRUE(isThere(newcomer));
    EXPECT_EQ(sockets->now(), kMost);
}

/// Somebody has left before the other loop came to it: whoever is silent there would be ended for nothing.
TEST_F(EvictionElsewhere, IsOfNobodyWhenThereIsRoomAgain) {
    std::optional<SocketPlace> session{std::in_place, *sockets};
    auto silent = open(kThere);
    auto newcomer = open(kHere);
    session.reset();
    EXPECT_EQ(sockets->now(), kMost);
    turn(kThere);
    EXPECT_TRUE(isThere(silent));
    EXPECT_TRUE(isThere(newcomer));
}

/// The newcomer itself, for instance.
TEST_F(EvictionElsewhere, IsOfNobodyWhenWhoAskedForItHasLeft) {
    const SocketPlace session{*sockets};
    auto silent = open(kThere);
    auto newcomer = open(kHere);
    newcomer.close();
    turn(kHere);
    ASSERT_EQ(sockets->now(), kMost);
    turn(kThere);
    EXPECT_TRUE(isThere(silent));
}

}  // namespace
}  // namespace patchbay::http
