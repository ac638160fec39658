// A connection's beginning and its end where there is no memory, not even for a timer: it is there with its time, or it is gone.
#include "http/Gate.hpp"
#include "support/CountedAllocations.hpp"
#include "unit/transport/Sockets.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace patchbay::http {
namespace {

using patchbay::test::NoMemory;
using transport::EventLoop, transport::OpenSockets, transport::Socket, transport::SocketPlace;

class QuietSite final : public Site {
public:
    Match find(std::string_view, std::string_view) const override { return {.route = nullptr, .pathParameters = {}, .refusal = {404, {}, {}}, .keep = {}}; }
    std::shared_ptr<void> upgrade(const UpgradeRequest&, Decided) override { return nullptr; }
    bool knowsHost(std::string_view) const override { return false; }
    bool isStopping() const noexcept override { return false; }
};

/// Two loops, the second of which is not turned; and one connection that is somebody else's.
class GateWithoutMemory : public ::testing::Test {
protected:
    ~GateWithoutMemory() override {
        for (std::size_t index = 0; index < loops.size(); ++index) {
            {
                const Loop::Turning turning{*loops[index]};
                Gate::endAll(*state, index);
            }
            loops[index]->runOnce({});
        }
    }
    /// `call`: calls what it is given, in the circumstances of the test.
    template <class Call>
    transport::test::Peer open(Call call) {
        const auto [near, far] = transport::test::localPair();
        transport::test::Peer peer{far};
        Newcomer newcomer{.socket = Socket{near}, .address = "127.0.0.1", .onLoopback = true, .place = SocketPlace{*sockets}};
        const Loop::Turning turning{loop};
        call([&] { Gate::open(state, loop, 0, std::move(newcomer)); });
        return peer;
    }
    void turn() { loop.runOnce({}); }
    bool ends(transport::test::Peer& peer) {
        return transport::test::turnUntil(loop, [&] {
            peer.read();
            return peer.ended() || peer.error();
        });
    }
    static GateOptions options() {
        GateOptions options;
        options.maxConnections = 1;  // so a newcomer has the other loop asked for room
        return options;
    }

    const std::shared_ptr<OpenSockets> sockets = std::make_shared<OpenSockets>();
    const SocketPlace others{*sockets};
    const std::vector<std::shared_ptr<EventLoop>> loops{std::make_shared<EventLoop>(sockets), std::make_shared<EventLoop>(sockets)};
    EventLoop& loop = *loops[0];
    const std::shared_ptr<Doorbell> ended = std::make_shared<Doorbell>();
    QuietSite site;
    HttpHost host{2, ended, {}};
    const std::shared_ptr<GateState> state = std::make_shared<GateState>(site, host, std::vector<std::shared_ptr<Loop>>{loops.begin(), loops.end()},
                                                                         ended, options());
};

/// But for one piece, in which its channel goes to a later turn.
TEST_F(GateWithoutMemory, EndsAConnectionAllTheSame) {
    auto peer = open([](auto start) { start(); });
    peer.finish();
    {
        const NoMemory none{1};
        turn();
        turn();
    }
    peer.close();
    EXPECT_TRUE(transport::test::turnUntil(loop, [&] { return sockets->now() == 1; })) << "the other's alone";
}

/// Whatever it is that there is no memory for: the connection itself, the other loop that is asked for room, or the timer that would end it.
TEST_F(GateWithoutMemory, EndsANewcomerThatNobodyWouldEnd) {
    test::suffersShortages();
    std::size_t after = 0, failed = 1;
    for (; failed > 0; ++after) {
        auto peer = open([&](auto start) {
            const test::Shortage shortage{{.after = after, .count = 1, .least = 0}};
            try {
                start();
            } catch (const std::bad_alloc&) {
                EXPECT_TRUE(state->gates[0].empty()) << "allocation " << after;
            }
            failed = shortage.failed();
        });
        EXPECT_TRUE(ends(peer)) << "allocation " << after;
        peer.close();
        EXPECT_TRUE(transport::test::turnUntil(loop, [&] { return sockets->now() == 1; })) << after;
    }
    EXPECT_GT(after, 3U);
}

}  // namespace
}  // namespace patchbay::http
