// Built-in limits, the configuration's, the annotation's and an entry's, as one.
#include "deployment/ConfiguredEndpoint.hpp"

#include <patchbay/annotations.hpp>

#include <gmock/gmock.h>

namespace patchbay::deployment {
namespace {

using ::testing::ElementsAre, ::testing::IsEmpty;

class Plain {
    SERVER_ENDPOINT(Plain, "/plain")
public:
    ON_MESSAGE(said)
    void said(std::string_view) {}
};

class Annotated {
    SERVER_ENDPOINT(Annotated, "/annotated", .receiveQueue = 128_KiB)
public:
    ON_MESSAGE(said)
    void said(std::string_view) {}
};

class ReceiveQueue : public ::testing::Test {
protected:
    template <class Endpoint>
    std::size_t deployed() {
        return configure(detail::makeModel<Endpoint>(), config, problems).config.limits.receiveQueue;
    }
    ServerConfig config;
    std::vector<std::string> problems;
};

TEST_F(ReceiveQueue, IsBuiltInUnlessSomebodySaysOtherwise) {
    EXPECT_EQ(deployed<Plain>(), 0U) << "which is one message of the largest size";
    EXPECT_EQ(deployed<Annotated>(), 128_KiB);
    config.limits.receiveQueue = Size{1_MiB};
    EXPECT_EQ(deployed<Plain>(), 1_MiB);
    EXPECT_EQ(deployed<Annotated>(), 128_KiB) << "an annotation is stronger than the limits section";
}

TEST_F(ReceiveQueue, IsTightenedByAnEntryAndLoosenedWhereTheAnnotationSaysNothing) {
    config.endpoints["/plain"].receiveQueue = Size{2_MiB};
    config.endpoints["/annotated"].receiveQueue = Size{64_KiB};
    EXPECT_EQ(deployed<Plain>(), 2_MiB);
    EXPECT_EQ(deployed<Annotated>(), 64_KiB);
    EXPECT_THAT(problems, IsEmpty());
}

TEST_F(ReceiveQueue, IsNotLoosenedByAnEntryWhereTheAnnotationHasIt) {
    config.endpoints["/annotated"].receiveQueue = Size{129_KiB};
    EXPECT_EQ(deployed<Annotated>(), 128_KiB);
    EXPECT_THAT(problems,
                ElementsAre("endpoints: \"/annotated\": receiveQueue is looser than the endpoint's annotation; "
                            "an entry may only tighten it"));
}

class Guarded {
    SERVER_ENDPOINT(Guarded, "/guarded", .origins = {"https://*.chat.example", "HTTPS://Shop.Example:443"}, .roles = {"member", "admin"})
public:
    ON_MESSAGE(said)
    void said(std::string_view) {}
};
class Mistaken {
    SERVER_ENDPOINT(Mistaken, "/mistaken", .origins = {"chat.example"})
public:
    ON_MESSAGE(said)
    void said(std::string_view) {}
};

class Lists : public ::testing::Test {
protected:
    EndpointConfig guarded() { return configure(detail::makeModel<Guarded>(), config, problems).config; }
    EndpointOverrides& entry() { return config.endpoints["/guarded"]; }
    ServerConfig config;
    std::vector<std::string> problems;
};

TEST_F(Lists, OriginsOfAnAnnotationAreInOneFormAndCheckedAsThoseOfAFile) {
    EXPECT_THAT(guarded().origins, ElementsAre("https://*.chat.example", "https://shop.example"));
    EXPECT_THAT(problems, IsEmpty());
    configure(detail::makeModel<Mistaken>(), config, problems);
    EXPECT_THAT(problems, ElementsAre(::testing::EndsWith("::Mistaken at /mistaken: origins: \"chat.example\" has no scheme; write e.g. "
                                                          "https://chat.example")));
}

TEST_F(Lists, AnEntryChoosesAmongTheOriginsOfTheAnnotation) {
    entry().origins = {"https://a.Chat.example", "https://shop.example:443"};
    EXPECT_THAT(guarded().origins, ElementsAre("https://a.chat.example", "https://shop.example"));
    EXPECT_THAT(problems, IsEmpty());
    entry().origins = {"https://foe.example"};
    EXPECT_THAT(guarded().origins, ElementsAre("https://*.chat.example", "https://shop.example"));
    EXPECT_THAT(problems, ElementsAre(::testing::HasSubstr("origins adds https://foe.example")));
}

TEST_F(Lists, NoOriginsAreTheServersOwnAlone) {
    entry().origins.emplace();
    EXPECT_THAT(guarded().origins, IsEmpty());
    EXPECT_THAT(problems, IsEmpty());
}

TEST_F(Lists, NoRolesDoNotLoosenWhatTheAnnotationAsksFor) {
    entry().roles.emplace();
    EXPECT_THAT(guarded().roles, ElementsAre("member", "admin"));
    EXPECT_THAT(problems, ElementsAre("endpoints: \"/guarded\": roles is empty and lets everybody in, where the endpoint's annotation asks "
                                      "for a role; an entry may only tighten it"));
    problems.clear();
    entry().roles = {"admin"};
    EXPECT_THAT(guarded().roles, ElementsAre("admin"));
    EXPECT_THAT(problems, IsEmpty());
}

}  // namespace
}  // namespace patchbay::deployment
