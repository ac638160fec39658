// 24 threads that connect, talk, join, publish and leave, through starts and stops of a server, with a library that is
// loaded and unloaded. The sanitizers look on.
#include "anomalies/Leaving.hpp"
#include "anomalies/World.hpp"
#include "plugins/Mapped.hpp"

#include <array>
#include <cstdlib>
#include <patchbay/config.hpp>

namespace patchbay::test {
namespace {

constexpr int kThreads = 24;

/// Handles of everybody, also of those who have gone.   Thread: any.
class Everybody final : public Witness {
public:
    void tell(std::string) override {}
    void keep(const Session& session, std::shared_ptr<Topics> topics) override {
        const std::lock_guard guard{lock_};
        handles_[next_++ % handles_.size()] = {session, std::move(topics)};
    }
    void keep(patchbay::Timer) override {}
    void keep(Task) override {}
    struct Handle {
        Session session;
        std::shared_ptr<Topics> topics;
    };
    Handle any(std::size_t which) {
        const std::lock_guard guard{lock_};
        return handles_[which % handles_.size()];
    }

private:
    std::mutex lock_;
    std::array<Handle, 64> handles_;
    std::size_t next_ = 0;
};

class Visitor {
public:
    Visitor(Everybody& everybody, const std::atomic<std::uint16_t>& port, std::size_t number)
        : everybody_{everybody}, port_{port}, number_{number} {}

    void operator()(const std::atomic<bool>& enough, std::atomic<int>& visits) {
        while (!enough) {
            try {
                const std::uint16_t port = port_;
                if (port == 0) throw std::runtime_error{"nobody there"};
                visit(port);
                ++visits;
            } catch (const std::runtime_error&) {  // the server stops, or does not run
                useOthers();
                std::this_thread::yield();
            }
        }
    }

private:
    void visit(std::uint16_t port) {
        static constexpr std::array kBusy = {"send", "publish", "subscribe", "post", "timer", "property"};
        RawWebSocket peer{port, number_ % 2 == 0 ? "/leaving" : "/room/x"};
        peer.text(number_ % 2 == 0 ? kBusy[number_ / 2 % kBusy.size()] : "join");
        peer.text("say");
        for (int i = 0; i < 2; ++i) {
            if (peer.next().opcode == kClose) return;
        }
        useOthers();
        if (number_ % 3 != 0) peer.close(1000);
    }
    /// What any thread may do with anybody's handle at any time.
    void useOthers() {
        const auto [session, topics] = everybody_.any(number_ + ++turn_);
        (void)session.trySend("psst");
        if (topics) (void)topics->tryPublish("t", "all of you");
        (void)outcomeOf([&, &whose = session] { whose.subscribe("t"); });
        (void)outcomeOf([&, &whose = session] { whose.setProperty("p", turn_); });
        session.post([whose = session] { (void)whose.trySend("posted"); });
        session.after(1ms, [whose = session] { (void)whose.trySend("later"); });
        session.unsubscribe("u");
        if (turn_ % 7 == 0) session.close();
    }
    Everybody& everybody_;
    const std::atomic<std::uint16_t>& port_;
    const std::size_t number_;
    std::size_t turn_ = 0;
};

TEST(ACrowd, OnHandlesOfEverybodyOutlivesStartsStopsAndUnloads) {
    const char* const asked = std::getenv("PATCHBAY_ROUNDS");
    const int rounds = asked ? std::atoi(asked) : 20;
    const auto everybody = std::make_shared<Everybody>();
    const auto desk = std::make_shared<Desk>();
    desk->at("open", [&](const Session& session, Topics&) { everybody->keep(session, desk->kept()); });
    desk->at("join", [](const Session& session, Topics&) {
        session.subscribe("t");
        session.send("joined");
    });
    desk->at("say", [](const Session&, Topics& topics) { topics.publish("t", "said"); });
    std::atomic<std::uint16_t> port{0};
    std::atomic<bool> enough{false};
    std::atomic<int> visits{0};
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] { Visitor{*everybody, port, t}(enough, visits); });
    }
    for (int round = 0; round < rounds; ++round) {
        ServerConfig config = configFor(1 << round % 3);
        config.pluginFolders = {ANOMALY_LIBRARIES};
        config.plugins = {{.library = "leaving"}};
        config.server.drainTimeout = 50ms;
        Server server{config};
        server.provide(std::static_pointer_cast<Witness>(everybody))
            .provide(desk)
            .provide(std::make_shared<SessionBox>());
        server.deploy<Room>();
        for (int start = 0; start < 2; ++start) {
            server.start();
            port = server.port();
            const int before = visits;
            EXPECT_TRUE(eventually([&] { return visits > before + kThreads / 2; }));
            port = 0;
            EXPECT_TRUE(server.stop());
            EXPECT_EQ(server.sessionCount(), 0u);
        }
    }
    enough = true;
    for (auto& thread : threads) thread.join();
    EXPECT_FALSE(isMapped("leaving"));
}

}  // namespace
}  // namespace patchbay::test
