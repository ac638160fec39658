// A library that goes with its server while handshakes wait for its verdict, and its clients come and leave on other threads.
#include "plugins/Mapped.hpp"
#include "support/Eventually.hpp"
#include "support/RawWebSocket.hpp"

#include <patchbay/annotations.hpp>
#include <patchbay/config.hpp>
#include <patchbay/server.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>

namespace patchbay::test {
namespace {

class Hall {
    SERVER_ENDPOINT(Hall, "/hall")
public:
    ON_MESSAGE(said)
    std::string said(std::string_view text) { return std::string{text}; }
};

/// True: an introspection that answers when nobody is there any more; false: one that never does.
class Unload : public testing::TestWithParam<bool> {
protected:
    Unload() {
        LoadedConfig loaded = parseConfig(std::string{"plugins: [ { library: introspecting, config: { answersAtTheEnd: "} + (GetParam() ? "true" : "false") + " } } ]", "test.yaml");
        loaded.config.server.listen = {{"http://127.0.0.1:0"}};
        loaded.config.server.loops = 2;
        loaded.config.server.drainTimeout = std::chrono::seconds{2};
        loaded.config.pluginFolders = {PLUGIN_FOLDER};
        server_ = std::make_unique<Server>(std::move(loaded.config));
        server_->deploy<Hall>();
        server_->start();
    }
    bool areAsked(std::string_view howMany) const {
        return eventually([&] {
            RawSocket http{server_->port()};
            http.send("GET /asked HTTP/1.1\r\nHost: localhost\r\n\r\n");
            return http.readAnswer().body == howMany;
        });
    }
    std::vector<RawSocket> wait(int howMany) const {
        std::vector<RawSocket> waiting;
        for (int i = 0; i < howMany; ++i) waiting.emplace_back(server_->port()).send(upgradeRequest("/hall?ask=never"));
        return waiting;
    }

    std::unique_ptr<Server> server_;
};

TEST_P(Unload, LeavesTheProcessAlsoWhereHandshakesWaitForTheirVerdict) {
    EXPECT_TRUE(isMapped("introspecting"));
    EXPECT_EQ(RawWebSocket(server_->port(), "/hall?ask=later").answer().status, 101);
    std::vector<RawSocket> waiting = wait(20);
    EXPECT_TRUE(areAsked("20"));
    RawSocket throws{server_->port()};
    throws.send(upgradeRequest("/hall?ask=throws"));
    EXPECT_EQ(throws.readAnswer().status, 500);
    server_.reset();
    EXPECT_FALSE(isMapped("introspecting"));
    for (RawSocket& each : waiting) EXPECT_EQ(each.readAnswer().status, 503);
}

TEST_P(Unload, LeavesTheProcessWhileClientsComeAndLeave) {
    std::vector<RawSocket> waiting = wait(20);
    EXPECT_TRUE(areAsked("20"));
    const std::uint16_t port = server_->port();
    std::atomic<bool> over{false};
    std::vector<std::thread> crowd;
    for (int i = 0; i < 2; ++i) {
        crowd.emplace_back([&, i] {
            const std::string_view target = i == 0 ? "/hall?ask=never" : "/hall?ask=later";
            while (!over) {
                try {
                    RawSocket client{port};
                    client.send(upgradeRequest(target));
                    i == 0 ? client.reset() : static_cast<void>(client.readAnswer());
                } catch (const std::runtime_error&) {
                    std::this_thread::yield();  // nobody listens any more
                }
            }
        });
    }
    std::thread leaves{[&] {
        for (std::size_t i = 0; i < waiting.size(); i += 2) waiting[i].reset();
    }};
    server_.reset();
    EXPECT_FALSE(isMapped("introspecting"));
    over = true;
    leaves.join();
    for (auto& each : crowd) each.join();
    for (std::size_t i = 1; i < waiting.size(); i += 2) EXPECT_EQ(waiting[i].readAnswer().status, 503);
}

INSTANTIATE_TEST_SUITE_P(Introspection, Unload, testing::Bool(), [](const auto& info) { return info.param ? "ThatAnswersAtTheEnd" : "ThatNeverAnswers"; });

}  // namespace
}  // namespace patchbay::test
