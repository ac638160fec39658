// A topic with history over two loops while many threads publish: whoever comes, whenever, sees all of it, once, in the one order.
#include "integration/Probe.hpp"

#include <patchbay/topics.hpp>

#include <string>
#include <thread>
#include <vector>

namespace patchbay::test {
namespace {

class KeptRoom {
    SERVER_ENDPOINT(KeptRoom, "/kept")
    TOPIC(mayJoin, "{room}", .history = {})
public:
    static bool mayJoin() { return true; }

    ON_OPEN(opened)
    void opened(Session session) { session.subscribe("a", {.last = 1000}); }
};

TEST(AKeptTopicOverTwoLoops, IsTheSameForAllWhoComeWhileItIsPublishedTo) {
    constexpr int kThreads = 4;
    constexpr int kEach = 200;
    TestServer server;
    server.start<KeptRoom>();
    Topics& topics = server->topicsOf<KeptRoom>();
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&topics, thread] {
            for (int i = 0; i < kEach; ++i) topics.publish("a", std::to_string(thread) + ' ' + std::to_string(i));
        });
    }
    std::vector<RawWebSocket> clients;
    for (int i = 0; i < 8; ++i) clients.push_back(server.connect("/kept"));
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(topics.publish("a", "end").offset, std::uint64_t{kThreads * kEach + 1}) << "kept when publish() returns";
    clients.push_back(server.connect("/kept"));
    std::vector<std::string> first;
    for (RawWebSocket& client : clients) {
        std::vector<std::string> seen;
        do seen.push_back(client.nextText());
        while (seen.back() != "end");
        if (first.empty()) first = seen;
        EXPECT_EQ(seen, first);
    }
    ASSERT_EQ(first.size(), std::size_t{kThreads * kEach + 1});
    std::vector<int> next(kThreads, 0);
    first.pop_back();
    for (const std::string& text : first) {
        const auto thread = static_cast<std::size_t>(text.front() - '0');
        EXPECT_EQ(text, std::to_string(thread) + ' ' + std::to_string(next[thread]++)) << "a thread's own order";
    }
}

}  // namespace
}  // namespace patchbay::test
