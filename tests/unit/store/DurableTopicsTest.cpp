// Topics whose history is in a file: what a configuration has to say, and what is there after a restart.

#include "support/Certificate.hpp"
#include "support/Eventually.hpp"

#include <patchbay/annotations.hpp>
#include <patchbay/config.hpp>
#include <patchbay/server.hpp>
#include <patchbay/sqlite_store.hpp>
#include <patchbay/testkit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace patchbay::test {
namespace {

using testing::ElementsAre, testing::HasSubstr;

struct Since {
    std::uint64_t epoch;
    std::uint64_t offset;
};

class Durable {
    SERVER_ENDPOINT(Durable, "/durable")
    TOPIC(mayJoin, "{room}", .history = {.durable = true})
public:
    static bool mayJoin() { return true; }

    ON_MESSAGE(joined)
    void joined(Session session, Since since) { session.subscribe("a", {.since = TopicPosition{since.epoch, since.offset}}); }
    ON_MESSAGE(said)
    void said(Session session, std::string_view) { session.subscribe("a", {.last = 10}); }
};

class ADurableTopic : public testing::Test {
protected:
    std::unique_ptr<testkit::TestServer> start() const {
        auto server = std::make_unique<testkit::TestServer>();
        openStore(*server, {.file = folder.path() + "/data/history.db"});
        server->deploy<Durable>();
        return server;
    }
    static std::vector<std::string> take(testkit::Peer& peer, std::size_t count) {
        EXPECT_TRUE(eventually([&] { return peer.received().size() >= count; }));
        std::vector<std::string> all;
        while (!peer.received().empty()) all.push_back(peer.takeText());
        return all;
    }

    const TemporaryFolder folder;
};

TEST_F(ADurableTopic, IsDeliveredWhenItIsOnTheDiskAndIsThereAfterARestart) {
    {
        const auto server = start();
        auto& peer = server->connect("/durable");
        peer.send("join");
        for (const char* text : {"1", "2", "3"}) server->topicsOf<Durable>().publish("a", text);
        EXPECT_THAT(take(peer, 3), ElementsAre("1", "2", "3"));
    }
    const auto server = start();
    auto& peer = server->connect("/durable");
    peer.send("join");
    server->topicsOf<Durable>().publish("a", "4");
    EXPECT_THAT(take(peer, 4), ElementsAre("1", "2", "3", "4"));
}

TEST(DurableTopics, AreNotDeployedWhereNothingSaysWhereTheyAreKept) {
    ServerConfig config;
    config.server.listen.at(0).url = "http://127.0.0.1:0";
    Server server{std::move(config)};
    server.deploy<Durable>();
    try {
        server.start();
        FAIL() << "it has started";
    } catch (const DeploymentError& error) {
        EXPECT_THAT(error.problems(), ElementsAre(HasSubstr("add to the configuration: store: { file: data/patchbay.db }")));
    }
}

TEST(DurableTopics, HaveTheirFileBesideTheConfiguration) {
    const TemporaryFolder folder;
    const auto loaded = loadConfig(folder.write("patchbay.yaml", "store: { file: data/patchbay.db }\n"));
    EXPECT_TRUE(loaded.problems.empty());
    EXPECT_EQ(loaded.config.store.file, folder.path() + "/data/patchbay.db");
}

}  // namespace
}  // namespace patchbay::test
