// Topics that keep their publications: who joins, who comes back, what is on its way meanwhile. The cases of recovery are those of Centrifugo's and
// Socket.IO's tests.

#include <patchbay/annotations.hpp>
#include <patchbay/testkit.hpp>
#include <patchbay/topics.hpp>
#include <patchbay/users.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre, testing::IsEmpty, testing::HasSubstr;

struct Score {
    int points;
};
struct List {
    std::string of;
    std::uint64_t before;
};

/// Does what its peer says: `join TOPIC LAST`, `back TOPIC LAST EPOCH OFFSET`, `leave TOPIC`, `become ROLE`.
class Rooms {
    SERVER_ENDPOINT(Rooms, "/rooms", .idleTimeout = 0s, .sendQueue = {.bytes = 64_KiB})
    TOPIC(mayJoin, "{room}", .history = {.messages = 100})
    TOPIC(mayJoinKept, "kept/{room}", .history = {.messages = 2000, .durable = true})
    TOPIC(mayJoinLatest, "latest/{room}", .history = {.messages = 100, .age = 1h, .latest = true})
    TOPIC(mayJoinNumber, "number/{n}/of/{room}")
public:
    explicit Rooms(Topics& topics) : topics_{topics} {}

    static bool mayJoin(const Principal& who, PathParam<"room"> room) { return room != "secret" || who.hasRole("member"); }
    static bool mayJoinKept(PathParam<"room">) { return true; }
    static bool mayJoinLatest() { return true; }
    static bool mayJoinNumber(PathParam<"n", int> n, PathParam<"room"> room) { return n > 0 && room == "a"; }

    ON_MESSAGE(said)
    void said(Session session, std::string_view text) {
        std::istringstream words{std::string{text}};
        std::string verb;
        std::string topic;
        SubscribeOptions options;
        words >> verb >> topic >> options.last;
        if (verb == "leave") return session.unsubscribe(topic);
        if (verb == "become") return session.setPrincipal({.name = "ann", .roles = {topic}});
        if (verb == "back") words >> options.since.epoch >> options.since.offset;
        session.subscribe(topic, options);
        session.send("in");
    }
    ON_MESSAGE(scored)
    Async<std::string> scored(Score score) {
        const auto publishing = topics_.publish("kept/scores", score);
        try {
            const TopicPosition position = co_await publishing;
            co_return std::to_string(position.offset);
        } catch (const StoreError& error) {
            co_return std::string{error.what()};
        }
    }
    ON_MESSAGE(listed)
    Async<std::string> listed(List wanted) {
        const HistoryRange range{.before = wanted.before, .limit = 3};
        const auto page = co_await topics_.history<std::string>(wanted.of, range);
        std::string answer;
        for (const auto& entry : page.list) answer += std::to_string(entry.offset) + '=' + entry.value + ' ';
        if (page.more) answer += "more";
        co_return answer;
    }
    ON_ERROR(failed)
    void failed(Session session, const std::exception& error) { session.send("error: " + std::string{error.what()}); }

private:
    Topics& topics_;
};

class AKeptTopic : public testing::Test {
protected:
    AKeptTopic() { server.deploy<Rooms>(); }

    std::vector<std::string> takeAll(testkit::Peer& peer) {
        std::vector<std::string> all;
        while (!peer.received().empty()) all.push_back(peer.takeText());
        return all;
    }
    std::vector<std::string> joined(testkit::Peer& peer, const std::string& topic, int last = 0) {
        peer.send("join " + topic + ' ' + std::to_string(last));
        return takeAll(peer);
    }
    std::vector<std::string> back(testkit::Peer& peer, const std::string& topic, TopicPosition since, int last = 0) {
        peer.send("back " + topic + ' ' + std::to_string(last) + ' ' + std::to_string(since.epoch) + ' ' + std::to_string(since.offset));
        return takeAll(peer);
    }
    /// Somebody comes back, and goes again.
    std::vector<std::string> comesBack(const std::string& topic, TopicPosition since, int last = 0) {
        auto& peer = server.connect("/rooms");
        auto all = back(peer, topic, since, last);
        peer.close();
        return all;
    }
    Topics& topics() { return server.topicsOf<Rooms>(); }
    TopicPosition publish(const std::string& topic, int from, int to) {
        TopicPosition position;
        for (int i = from; i <= to; ++i) position = topics().publish(topic, std::to_string(i));
        server.settle();
        if (position.epoch == 0) {  // durable: publish() did not know it yet
            if (server.store().held() != 0) return {};
            server.store().read({.topic = "/rooms " + topic}, [&](Outcome<Slice> slice) { position = slice.take().last; });
        }
        return position;
    }

    testkit::TestServer server;
};

TEST_F(AKeptTopic, NumbersItsPublicationsAlsoWhereNobodyIsThere) {
    const TopicPosition first = topics().publish("a", "1");
    const TopicPosition second = topics().publish("a", "2");
    EXPECT_EQ(first.offset, 1u);
    EXPECT_EQ(second, (TopicPosition{first.epoch, 2}));
    EXPECT_NE(first.epoch, 0u);
}

TEST_F(AKeptTopic, ShowsWhoJoinsSoManyOfTheNewestAndThenWhatComes) {
    publish("a", 1, 5);
    auto& peer = server.connect("/rooms");
    EXPECT_THAT(joined(peer, "a", 2), ElementsAre("4", "5", "in"));
    publish("a", 6, 7);
    EXPECT_THAT(takeAll(peer), ElementsAre("6", "7"));
    EXPECT_THAT(joined(server.connect("/rooms"), "a", 50), ElementsAre("1", "2", "3", "4", "5", "6", "7", "in"));
    EXPECT_THAT(joined(server.connect("/rooms"), "a"), ElementsAre("in"));
}

TEST_F(AKeptTopic, GivesWhoComesBackExactlyWhatItHasMissed) {
    const TopicPosition third = publish("a", 1, 3);
    publish("a", 4, 6);
    EXPECT_THAT(comesBack("a", third, 1), ElementsAre("4", "5", "6", "in"));
    EXPECT_THAT(comesBack("a", {third.epoch, 6}, 1), ElementsAre("in")) << "nothing was missed";
    EXPECT_THAT(comesBack("a", {third.epoch, 0}, 1), ElementsAre("1", "2", "3", "4", "5", "6", "in"));
}

TEST_F(AKeptTopic, IsRecoveredBeforeItsFirstPublication) {
    auto& peer = server.connect("/rooms");
    EXPECT_THAT(joined(peer, "a"), ElementsAre("in"));
    const TopicPosition none{topics().publish("a", "1").epoch, 0};
    EXPECT_THAT(comesBack("a", none), ElementsAre("1", "in"));
}

TEST_F(AKeptTopic, IsRecoveredTwiceInARow) {
    const TopicPosition first = publish("a", 1, 1);
    const TopicPosition third = publish("a", 2, 3);
    auto& peer = server.connect("/rooms");
    EXPECT_THAT(back(peer, "a", first), ElementsAre("2", "3", "in"));
    peer.vanish();
    publish("a", 4, 4);
    EXPECT_THAT(comesBack("a", third), ElementsAre("4", "in"));
    EXPECT_THAT(comesBack("a", third), ElementsAre("4", "in"));
}

TEST_F(AKeptTopic, ShowsTheNewestWhereWhatWasMissedCannotBeHad) {
    const TopicPosition last = publish("a", 1, 10);
    EXPECT_THAT(comesBack("a", {last.epoch + 1, 9}, 2), ElementsAre("9", "10", "in")) << "another epoch";
    EXPECT_THAT(comesBack("a", {last.epoch, 11}, 2), ElementsAre("9", "10", "in")) << "an offset to come";
    EXPECT_THAT(comesBack("a", {last.epoch, UINT64_MAX}, 2), ElementsAre("9", "10", "in"));
}

TEST_F(AKeptTopic, NeverGivesAPartOfWhatWasMissed) {
    const std::uint64_t epoch = publish("a", 1, 1).epoch;
    publish("a", 2, 1300);
    EXPECT_THAT(comesBack("a", {epoch, 1}, 2), ElementsAre("1299", "1300", "in")) << "more than are recovered";
    EXPECT_EQ(comesBack("a", {epoch, 1290}, 2).size(), 11u);
    server.advance(1min);  // what was at hand is given up; a hundred are kept
    EXPECT_THAT(comesBack("a", {epoch, 1100}, 2), ElementsAre("1299", "1300", "in")) << "not kept any longer";
    EXPECT_EQ(comesBack("a", {epoch, 1200}, 2).size(), 101u);
}

TEST_F(AKeptTopic, RecoversNoMoreThanHalfOfASendQueue) {
    const std::string large(8000, 'x');
    const std::uint64_t epoch = topics().publish("a", "1").epoch;
    for (int i = 0; i < 6; ++i) topics().publish("a", large);
    EXPECT_THAT(comesBack("a", {epoch, 3}, 1).size(), 5u);
    EXPECT_THAT(comesBack("a", {epoch, 1}, 1), ElementsAre(large, "in"));
}

TEST_F(AKeptTopic, DeliversWhatIsDurableWhenItIsCommittedAndInThatOrder) {
    auto& peer = server.connect("/rooms");
    joined(peer, "kept/a");
    server.store().hold();
    EXPECT_EQ(topics().publish("kept/a", "1"), TopicPosition{}) << "where it stands is not known yet";
    topics().publish("kept/a", "2");
    EXPECT_THAT(takeAll(peer), IsEmpty());
    server.store().release();
    EXPECT_THAT(takeAll(peer), ElementsAre("1", "2"));
}

TEST_F(AKeptTopic, LetsAHandlerAwaitItsCommitAndTellsWhatWentWrong) {
    auto& peer = server.connect("/rooms");
    joined(peer, "kept/scores");
    server.store().hold();
    peer.send(Score{7});
    EXPECT_THAT(takeAll(peer), IsEmpty());
    server.store().release();
    EXPECT_THAT(takeAll(peer), testing::UnorderedElementsAre("1", R"({"type":"Score","points":7})"));
    server.store().fail(StoreFault::NoRoom);
    peer.send(Score{8});
    EXPECT_THAT(takeAll(peer), ElementsAre(HasSubstr("told to fail"))) << "nobody gets it";
    server.store().mend();
    peer.send(Score{9});
    EXPECT_THAT(takeAll(peer), testing::UnorderedElementsAre("2", R"({"type":"Score","points":9})"));
}

TEST_F(AKeptTopic, HoldsBackForWhoRecoversWhatIsPublishedMeanwhile) {
    const TopicPosition second{publish("kept/a", 1, 4).epoch, 2};
    server.advance(1min);  // nobody is there: what was at hand is given up
    auto& peer = server.connect("/rooms");
    auto& other = server.connect("/rooms");
    joined(other, "kept/a");
    server.store().hold();
    EXPECT_THAT(back(peer, "kept/a", second), ElementsAre("in")) << "subscribing does not wait";
    publish("kept/a", 5, 6);
    server.store().release();
    EXPECT_THAT(takeAll(peer), ElementsAre("3", "4", "5", "6"));
    EXPECT_THAT(takeAll(other), ElementsAre("5", "6"));
}

TEST_F(AKeptTopic, GivesOnceWhatIsCommittedBeforeItIsRead) {
    const TopicPosition second{publish("kept/a", 1, 4).epoch, 2};
    server.advance(1min);
    auto& peer = server.connect("/rooms");
    server.store().hold();
    publish("kept/a", 5, 5);
    back(peer, "kept/a", second);
    publish("kept/a", 6, 6);
    server.store().release();
    EXPECT_THAT(takeAll(peer), ElementsAre("3", "4", "5", "6"));
}

TEST_F(AKeptTopic, IsReadOnceForAllWhoComeBackTogether) {
    const std::uint64_t epoch = publish("kept/a", 1, 200).epoch;
    server.advance(1min);
    const std::size_t before = server.store().reads();
    server.store().hold();
    std::vector<testkit::Peer*> peers;
    for (int i = 0; i < 100; ++i) {
        peers.push_back(&server.connect("/rooms"));
        back(*peers.back(), "kept/a", {epoch, static_cast<std::uint64_t>(100 + i)});
    }
    server.store().release();
    for (int i = 0; i < 100; ++i) EXPECT_EQ(takeAll(*peers[static_cast<std::size_t>(i)]).size(), static_cast<std::size_t>(100 - i));
    EXPECT_EQ(server.store().reads() - before, 1u);
    EXPECT_THAT(comesBack("kept/a", {epoch, 199}), ElementsAre("200", "in"));
    EXPECT_EQ(server.store().reads() - before, 1u) << "what was read is at hand";
}

TEST_F(AKeptTopic, IsJoinedWithoutHistoryWhereItsStoreFailsAndLaterAnew) {
    server.store().fail(StoreFault::Unavailable);
    auto& peer = server.connect("/rooms");
    EXPECT_THAT(joined(peer, "kept/a", 5), ElementsAre("in"));
    server.store().mend();
    publish("kept/a", 1, 2);
    EXPECT_THAT(takeAll(peer), ElementsAre("1", "2"));
}

TEST_F(AKeptTopic, IsLeftWhileItIsRead) {
    const std::uint64_t epoch = publish("kept/a", 1, 4).epoch;
    server.advance(1min);
    auto& peer = server.connect("/rooms");
    auto& gone = server.connect("/rooms");
    server.store().hold();
    back(peer, "kept/a", {epoch, 1});
    back(gone, "kept/a", {epoch, 1});
    peer.send("leave kept/a");
    gone.vanish();
    server.settle();
    server.store().release();
    publish("kept/a", 5, 5);
    EXPECT_THAT(takeAll(peer), IsEmpty());
    EXPECT_THAT(back(peer, "kept/a", {epoch, 4}), ElementsAre("5", "in"));
}

TEST_F(AKeptTopic, ReadsItsHistoryBackPageByPage) {
    publish("a", 1, 5);
    auto& peer = server.connect("/rooms");
    peer.send(List{"a", 100});
    EXPECT_EQ(peer.takeText(), "3=3 4=4 5=5 more");
    peer.send(List{"a", 3});
    EXPECT_EQ(peer.takeText(), "1=1 2=2 ");
    peer.send(List{"number/1/of/a", 3});
    EXPECT_THAT(peer.takeText(), HasSubstr("the topic has none"));
}

TEST_F(AKeptTopic, HasANewVersionOfAnEarlierPublicationAlsoForWhoComesBack) {
    auto& peer = server.connect("/rooms");
    joined(peer, "a");
    const std::uint64_t epoch = publish("a", 1, 2).epoch;
    EXPECT_EQ(topics().amend("a", 1, "one"), (TopicPosition{epoch, 3}));
    EXPECT_THAT(takeAll(peer), ElementsAre("1", "2", "one"));
    EXPECT_THAT(comesBack("a", {epoch, 0}), ElementsAre("one", "2", "one", "in"));
    EXPECT_THROW(topics().amend("a", 9, "x"), StoreError);
    EXPECT_THROW(topics().amend("a", 0, "x"), StoreError);
    EXPECT_THROW(topics().amend("number/1/of/a", 1, "x"), std::invalid_argument);
}

TEST_F(AKeptTopic, PassesOnWhatIsTransientAndKeepsItNowhere) {
    auto& peer = server.connect("/rooms");
    joined(peer, "a");
    const std::uint64_t epoch = publish("a", 1, 1).epoch;
    EXPECT_EQ(topics().publish("a", "passing", {.transient = true}), TopicPosition{});
    EXPECT_EQ(publish("a", 2, 2).offset, 2u);
    EXPECT_THAT(takeAll(peer), ElementsAre("1", "passing", "2"));
    EXPECT_THAT(comesBack("a", {epoch, 0}), ElementsAre("1", "2", "in"));
}

TEST_F(AKeptTopic, OfLatestValuesShowsTheNewestOfEachKey) {
    const auto put = [&](const char* key, const char* text) { return topics().publish("latest/a", text, {.key = key}); };
    put("x", "x1");
    const TopicPosition second = put("y", "y1");
    put("x", "x2");
    put("z", "z1");
    put("x", "x3");
    EXPECT_THAT(joined(server.connect("/rooms"), "latest/a"), ElementsAre("y1", "z1", "x3", "in"));
    EXPECT_THAT(comesBack("latest/a", second), ElementsAre("z1", "x3", "in"));
    EXPECT_THROW(topics().publish("latest/a", "x", {.key = "\xff"}), std::invalid_argument);
    EXPECT_THROW(topics().publish("latest/a", "x", {.key = std::string(256, 'k')}), std::invalid_argument);
}

TEST_F(AKeptTopic, OfLatestValuesHasTheKeyOfWhatIsAmended) {
    topics().publish("latest/a", "x1", {.key = "x"});
    topics().publish("latest/a", "y1", {.key = "y"});
    topics().amend("latest/a", 1, "X");
    EXPECT_THAT(joined(server.connect("/rooms"), "latest/a"), ElementsAre("y1", "X", "in"));
}

TEST_F(AKeptTopic, IsGoneSoonAfterWhoHasOnlyThoughtOfItsName) {
    auto& peer = server.connect("/rooms");
    const auto positionOf = [&](const std::string& topic) {
        TopicPosition position;
        server.store().read({.topic = "/rooms " + topic}, [&](Outcome<Slice> slice) { position = slice.take().last; });
        return position;
    };
    publish("kept/used", 1, 1);
    for (int i = 0; i < 1'000; ++i) {
        const std::string room = "kept/" + std::to_string(i);
        ASSERT_THAT(joined(peer, room), ElementsAre("in"));
        ASSERT_NE(positionOf(room).epoch, 0u);
        if (i != 7) peer.send("leave " + room);
    }
    const TopicPosition before = positionOf("kept/7");
    server.advance(3h);
    for (int i = 0; i < 1'000; ++i) ASSERT_EQ(positionOf("kept/" + std::to_string(i)).epoch != 0, i == 7) << i;
    EXPECT_EQ(positionOf("kept/7"), before) << "somebody is in it";
    EXPECT_EQ(positionOf("kept/used").offset, 1u);
}

TEST_F(AKeptTopic, KeepsNothingThatIsTooOld) {
    const std::uint64_t epoch = topics().publish("latest/a", "old").epoch;
    server.advance(50min);
    topics().publish("latest/a", "new", {.key = "k"});
    server.advance(20min);
    auto& peer = server.connect("/rooms");
    peer.send(List{"latest/a", 100});
    EXPECT_EQ(peer.takeText(), "2=new ");
    server.advance(2h);
    EXPECT_EQ(topics().publish("latest/a", "again"), (TopicPosition{epoch, 3})) << "the numbers go on";
    server.advance(72h);
    EXPECT_NE(topics().publish("latest/a", "much later").epoch, epoch) << "nobody has used it for days: another history begins";
}

TEST_F(AKeptTopic, OfSomebodyWhoListensIsNeverForgotten) {
    auto& peer = server.connect("/rooms");
    joined(peer, "latest/a");
    const std::uint64_t epoch = topics().publish("latest/a", "1").epoch;
    server.advance(72h);
    EXPECT_EQ(topics().publish("latest/a", "2"), (TopicPosition{epoch, 2}));
    EXPECT_THAT(takeAll(peer), ElementsAre("1", "2"));
}

TEST_F(AKeptTopic, IsOnlyForWhomItsRuleLetsIn) {
    auto& peer = server.connect("/rooms");
    EXPECT_THAT(joined(peer, "secret"), ElementsAre(HasSubstr("may not be in that topic")));
    EXPECT_THAT(joined(peer, "number/0/of/a"), ElementsAre(HasSubstr("may not be in that topic")));
    EXPECT_THAT(joined(peer, "number/x/of/a"), ElementsAre(HasSubstr("may not be in that topic"))) << "no number";
    EXPECT_THAT(joined(peer, "number/1/of/a"), ElementsAre("in"));
    EXPECT_THAT(joined(peer, "number/1/of/a/b"), ElementsAre("in")) << "no pattern fits: the code alone decides";
}

TEST_F(AKeptTopic, IsLeftByWhomItsRuleNoLongerLetsIn) {
    auto& peer = server.connect("/rooms");
    peer.send("become member");
    EXPECT_THAT(joined(peer, "secret"), ElementsAre("in"));
    joined(peer, "open");
    peer.send("become nothing");
    publish("secret", 1, 1);
    publish("open", 2, 2);
    EXPECT_THAT(takeAll(peer), ElementsAre("2"));
}

TEST_F(AKeptTopic, IsWrittenWithRowsOnlyWhereThereIsADatabase) {
    class NoPart final : public CommitPart {
        const void* database() const noexcept override { return nullptr; }
    };
    EXPECT_THROW(topics().publish("a", "x", {.with = std::make_shared<NoPart>()}), StoreError);
    EXPECT_THROW(topics().publish("number/1/of/a", "x", {.with = std::make_shared<NoPart>()}), std::invalid_argument);
    EXPECT_EQ(topics().publish("a", "y").offset, 1u) << "nothing was published";
}

}  // namespace
}  // namespace patchbay::test
