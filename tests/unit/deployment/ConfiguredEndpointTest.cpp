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

}  // namespace
}  // namespace patchbay::deployment
