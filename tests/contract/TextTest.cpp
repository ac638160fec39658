// Text is text: what is no UTF-8 is told to who sent it, and reaches nobody.   Source: RFC 6455 §5.6; patchbay/session.hpp

#include "contract/ContractTest.hpp"

#include <patchbay/hooks.hpp>

namespace patchbay::test {
namespace {

struct Note {
    std::string text;
};

const std::string kNoText = "caf\xE9";

template <class World>
class Texts : public ContractTest<World> {
protected:
    Texts() {
        this->script->onError = [this](Session, const std::exception& error) {
            this->journal.add(dynamic_cast<const json::EncodeError*>(&error) ? "told" : error.what());
        };
        this->script->onOpen = [](Session session) { session.subscribe("news"); };
    }
    int statusOf(std::string_view target) {
        try {
            this->world.connect(target);
        } catch (const Refused& refused) {
            return refused.status();
        }
        return 101;
    }
};
TYPED_TEST_SUITE(Texts, Worlds, WorldNames);

TYPED_TEST(Texts, WhatIsSentIsCheckedAndItsSenderIsTold) {
    this->script->onMessage = [](Session session, std::string_view text) {
        if (text == "send") session.send(kNoText);
        if (text == "struct") session.send(Note{kNoText});
        return text == "reply" ? Script::Reply{kNoText} : Script::Reply{"fine"};
    };
    auto client = this->world.connect("/scripted/a");
    for (const char* way : {"send", "struct", "reply", "hello"}) client.send(way);
    EXPECT_EQ(client.next(), "fine") << "the session goes on, and none of the others went out";
    EXPECT_EQ(this->journal.count("told"), 3u);
}

TYPED_TEST(Texts, WhatIsPublishedIsCheckedOnceAndNoReceiverIsBothered) {
    this->script->onMessage = [this](Session, std::string_view text) {
        Topics& topics = topicsOfScripted(this->world);
        if (text == "text") topics.publish("news", kNoText);
        if (text == "but me") topics.publish("news", kNoText, Session{});
        if (text == "try") topics.tryPublish("news", kNoText);
        if (text == "struct") topics.publish("news", Note{kNoText});
        topics.publish("news", "fine");
        return Script::Reply{};
    };
    auto ann = this->world.connect("/scripted/a");
    auto bob = this->world.connect("/scripted/b");
    ASSERT_TRUE(this->world.eventually([&] { return this->journal.count("open") == 2; }));
    for (const char* way : {"text", "but me", "try", "struct", "hello"}) ann.send(way);
    EXPECT_EQ(bob.next(), "fine");
    EXPECT_EQ(ann.next(), "fine");
    EXPECT_EQ(this->journal.count("told"), 4u);
}

TYPED_TEST(Texts, AnInterceptorThatSpoilsATextIsTold) {
    class Spoiler final : public MessageInterceptor {
    public:
        explicit Spoiler(Journal& journal) : journal_{journal} {}
        Verdict sending(const Session&, InterceptedMessage& message) override {
            try {
                message.replace(kNoText);
            } catch (const json::EncodeError&) {
                journal_.add("spoiler told");
            }
            return Verdict::Pass;
        }

    private:
        Journal& journal_;
    };
    this->world.server().addInterceptor(std::make_shared<Spoiler>(this->journal));
    this->script->onMessage = [](Session, std::string_view text) { return Script::Reply{text}; };
    auto client = this->world.connect("/scripted/a");
    client.send("as it was");
    EXPECT_EQ(client.next(), "as it was");
    EXPECT_EQ(this->journal.count("spoiler told"), 1u);
}

TYPED_TEST(Texts, APieceOfWhatCameInMayCutNoCharacter) {
    this->script->onMessage = [](Session session, std::string_view text) {
        session.send(text.substr(1));
        session.send(text.substr(0, text.size() - 1));
        return Script::Reply{};
    };
    auto client = this->world.connect("/scripted/a");
    client.send("\xC3\xA9xx");  // its first half goes; then what is left of the second is a whole text
    this->journal.waitFor("told");
    client.send("x\xC3\xA9");
    EXPECT_EQ(client.next(), "\xC3\xA9");
    EXPECT_TRUE(this->world.eventually([&] { return this->journal.count("told") == 2; }));
    client.send("xyz");
    EXPECT_EQ(client.next(), "yz");
    EXPECT_EQ(client.next(), "xy");
}

TYPED_TEST(Texts, ATopicsNameIsText) {
    this->script->onMessage = [](Session session, std::string_view) {
        session.subscribe(kNoText);
        return Script::Reply{};
    };
    auto client = this->world.connect("/scripted/a");
    client.send("join");
    EXPECT_THAT(this->journal.waitFor("subscribe:"), HasSubstr("UTF-8"));
}

TYPED_TEST(Texts, AUsersNameIsText) {
    try {
        this->world.connect("/scripted/a", {.headers = {{"X-User", kNoText}}});
        FAIL() << "somebody whose name nobody can be sent";
    } catch (const Refused& refused) {
        EXPECT_EQ(refused.status(), 400);
    }
}

TYPED_TEST(Texts, PathAndQueryThatAreNoTextAreRefusedWith400) {
    EXPECT_EQ(this->statusOf("/scripted/%ff"), 400);
    EXPECT_EQ(this->statusOf("/scripted/a?name=%ff"), 400);
    EXPECT_EQ(this->statusOf("/scripted/a?%C3=1"), 400);
    EXPECT_EQ(this->statusOf("/scripted/a?x=%0A%00&y=100%"), 101);
}

TYPED_TEST(Texts, TextThatArrivesAndIsNoneEndsTheSessionWith1007) {
    auto client = this->world.connect("/scripted/a");
    client.send(kNoText);
    EXPECT_THAT(this->journal.waitFor("close "), StartsWith("close 1007"));
}

}  // namespace
}  // namespace patchbay::test
