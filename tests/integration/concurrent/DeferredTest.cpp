// Verdicts on handshakes from several threads, while their clients leave and the server stops.
#include "integration/Probe.hpp"

#include <patchbay/hooks.hpp>

#include <atomic>
#include <mutex>
#include <thread>

namespace patchbay::test {
namespace {

/// Defers every handshake; whoever asks for one that waits gets it once.
class Waiting final : public HandshakeInterceptor {
public:
    void onHandshake(const HandshakeRequest&, HandshakeResponse& response) override {
        auto deferred = response.defer();
        const std::lock_guard guard{lock_};
        ++come_;
        waiting_.push_back(std::move(deferred));
    }
    std::optional<HandshakeCompletion> take() {
        const std::lock_guard guard{lock_};
        if (waiting_.empty()) return std::nullopt;
        auto last = std::move(waiting_.back());
        waiting_.pop_back();
        return last;
    }
    std::size_t come() const {
        const std::lock_guard guard{lock_};
        return come_;
    }

private:
    mutable std::mutex lock_;
    std::vector<HandshakeCompletion> waiting_;
    std::size_t come_ = 0;
};

TEST(DeferredHandshakes, AreDecidedByManyWhileTheirClientsLeaveAndTheServerStops) {
    for (int round = 0; round < 5; ++round) {
        const auto waiting = std::make_shared<Waiting>();
        std::atomic<bool> over{false};
        std::vector<std::thread> judges;
        {
            TestServer server;
            server->addInterceptor(waiting);
            server.start<Probe>();
            std::vector<RawSocket> clients;
            for (int i = 0; i < 40; ++i) {
                clients.emplace_back(server->port());
                clients.back().send(upgradeRequest("/probe/one"));
            }
            ASSERT_TRUE(eventually([&] { return waiting->come() >= 20; }));
            for (int i = 0; i < 3; ++i) {
                judges.emplace_back([&] {
                    while (!over) {
                        const auto one = waiting->take();
                        HandshakeResponse verdict;
                        verdict.principal.name = "ann";
                        one ? one->finish(std::move(verdict)) : std::this_thread::yield();
                    }
                });
            }
            for (int i = 0; i < 10; ++i) i % 2 == 0 ? clients[static_cast<std::size_t>(i)].reset() : clients[static_cast<std::size_t>(i)].finish();
            EXPECT_TRUE(server->stop());
        }
        while (const auto late = waiting->take()) late->finish({});  // nobody is there
        over = true;
        for (auto& judge : judges) judge.join();
    }
}

}  // namespace
}  // namespace patchbay::test
