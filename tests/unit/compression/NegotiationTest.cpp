// RFC 7692 §7.1: which offers are accepted and how they are answered; which answers a client agrees with.

#include "unit/compression/Streams.hpp"

namespace patchbay::compression::testing {
namespace {

std::string answered(PerMessageDeflateFactory& factory, std::string_view offer) {
    const auto agreed = factory.accept(terms(offer));
    return agreed ? shown(agreed->answer) : "declined";
}

const CompressionConfig kLargest{.serverMaxWindowBits = 15, .clientMaxWindowBits = 15};

struct Case {
    std::string_view offer;
    std::string_view answer;
};

class Accepting : public ::testing::TestWithParam<Case> {};

TEST_P(Accepting, AnOfferIsAnswered) {
    PerMessageDeflateFactory factory{kLargest};
    EXPECT_EQ(answered(factory, GetParam().offer), GetParam().answer);
}

#define SNCT "; server_no_context_takeover"
#define CNCT "; client_no_context_takeover"
#define SMWB "; server_max_window_bits"
#define CMWB "; client_max_window_bits"
#define PMD "permessage-deflate"

// Every combination of what may stand in an offer: each flag or not, each window absent, limited or (the client's)
// bare.
INSTANTIATE_TEST_SUITE_P(EveryCombination, Accepting,
                         ::testing::Values(                                                                   //
                             Case{PMD, PMD},                                                                  //
                             Case{PMD SNCT, PMD SNCT},                                                        //
                             Case{PMD CNCT, PMD CNCT},                                                        //
                             Case{PMD SNCT CNCT, PMD SNCT CNCT},                                              //
                             Case{PMD CNCT SNCT, PMD SNCT CNCT},                                              //
                             Case{PMD SMWB "=10", PMD SMWB "=10"},                                            //
                             Case{PMD SMWB "=10" SNCT, PMD SNCT SMWB "=10"},                                  //
                             Case{PMD SMWB "=10" CNCT, PMD CNCT SMWB "=10"},                                  //
                             Case{PMD SMWB "=10" SNCT CNCT, PMD SNCT CNCT SMWB "=10"},                        //
                             Case{PMD CMWB, PMD},                                                             //
                             Case{PMD CMWB SNCT, PMD SNCT},                                                   //
                             Case{PMD CMWB CNCT, PMD CNCT},                                                   //
                             Case{PMD CMWB SNCT CNCT, PMD SNCT CNCT},                                         //
                             Case{PMD CMWB "=11", PMD CMWB "=11"},                                            //
                             Case{PMD CMWB "=11" SNCT, PMD SNCT CMWB "=11"},                                  //
                             Case{PMD CMWB "=11" CNCT, PMD CNCT CMWB "=11"},                                  //
                             Case{PMD CMWB "=11" SNCT CNCT, PMD SNCT CNCT CMWB "=11"},                        //
                             Case{PMD CMWB SMWB "=10", PMD SMWB "=10"},                                       //
                             Case{PMD CMWB SMWB "=10" SNCT, PMD SNCT SMWB "=10"},                             //
                             Case{PMD CMWB SMWB "=10" CNCT, PMD CNCT SMWB "=10"},                             //
                             Case{PMD CMWB SMWB "=10" SNCT CNCT, PMD SNCT CNCT SMWB "=10"},                   //
                             Case{PMD CMWB "=11" SMWB "=10", PMD SMWB "=10" CMWB "=11"},                      //
                             Case{PMD CMWB "=11" SMWB "=10" SNCT, PMD SNCT SMWB "=10" CMWB "=11"},            //
                             Case{PMD CMWB "=11" SMWB "=10" CNCT, PMD CNCT SMWB "=10" CMWB "=11"},            //
                             Case{PMD CMWB "=11" SMWB "=10" SNCT CNCT, PMD SNCT CNCT SMWB "=10" CMWB "=11"},  //
                             Case{PMD SMWB "=8", PMD SMWB "=8"}, Case{PMD SMWB "=9", PMD SMWB "=9"},          //
                             Case{PMD SMWB "=15", PMD SMWB "=15"}, Case{PMD CMWB "=8", PMD CMWB "=8"},        //
                             Case{PMD CMWB "=9", PMD CMWB "=9"}, Case{PMD CMWB "=15", PMD}));

// §7.1: an undefined name, an invalid value, a name twice.
INSTANTIATE_TEST_SUITE_P(Mistakes, Accepting,
                         ::testing::Values(Case{"permessage-bzip2", "declined"}, Case{PMD "; level=3", "declined"},
                                           Case{PMD SNCT "=1", "declined"}, Case{PMD CNCT "=true", "declined"},
                                           Case{PMD SMWB, "declined"}, Case{PMD SMWB "=7", "declined"},
                                           Case{PMD SMWB "=16", "declined"}, Case{PMD SMWB "=08", "declined"},
                                           Case{PMD SMWB "=+9", "declined"}, Case{PMD SMWB "=9.0", "declined"},
                                           Case{PMD SMWB "=100", "declined"}, Case{PMD SMWB "=", "declined"},
                                           Case{PMD SMWB "=1a", "declined"}, Case{PMD SMWB "=1/", "declined"},
                                           Case{PMD CMWB "=7", "declined"}, Case{PMD CMWB "=16", "declined"},
                                           Case{PMD CMWB "=010", "declined"}, Case{PMD CMWB "=-8", "declined"},
                                           Case{PMD CMWB "=", "declined"}, Case{PMD SNCT SNCT, "declined"},
                                           Case{PMD CNCT CNCT, "declined"}, Case{PMD SMWB "=9" SMWB "=9", "declined"},
                                           Case{PMD CMWB CMWB, "declined"}, Case{PMD CMWB CMWB "=9", "declined"},
                                           Case{PMD CMWB "=9" CMWB, "declined"},
                                           Case{PMD "; SERVER_NO_CONTEXT_TAKEOVER", "declined"}));

TEST(AcceptingWithSmallWindows, TheServersWindowIsNeverLargerThanItsOwnLimit) {
    PerMessageDeflateFactory factory{{.serverMaxWindowBits = 11, .clientMaxWindowBits = 15}};
    EXPECT_EQ(answered(factory, PMD SMWB "=15"), PMD SMWB "=11");
    EXPECT_EQ(answered(factory, PMD SMWB "=9"), PMD SMWB "=9");
    EXPECT_EQ(answered(factory, PMD), PMD) << "a client that does not ask may not know the parameter";
}

TEST(AcceptingWithSmallWindows, AClientIsAskedForAWindowOnlyIfItUnderstandsThat) {
    PerMessageDeflateFactory factory{{.serverMaxWindowBits = 15, .clientMaxWindowBits = 11}};
    EXPECT_EQ(answered(factory, PMD), PMD);
    EXPECT_EQ(answered(factory, PMD CMWB), PMD CMWB "=11");
    EXPECT_EQ(answered(factory, PMD CMWB "=15"), PMD CMWB "=11");
    EXPECT_EQ(answered(factory, PMD CMWB "=9"), PMD CMWB "=9");
}

TEST(Offering, TheDefaultsAskForSmallWindows) {
    const auto offers = PerMessageDeflateFactory{}.offers();
    ASSERT_EQ(offers.size(), 1u);
    EXPECT_EQ(shown(offers[0]), PMD SMWB "=12" CMWB "=12");
}

TEST(Offering, LargestWindowsNeedNoNumber) {
    EXPECT_EQ(shown(PerMessageDeflateFactory{kLargest}.offers().at(0)), PMD CMWB);
}

TEST(Offering, WithoutABudgetTheServerMustNotKeepContext) {
    PerMessageDeflateFactory factory{{.memoryBudget = {0}, .serverMaxWindowBits = 15, .clientMaxWindowBits = 15}};
    EXPECT_EQ(shown(factory.offers().at(0)), PMD SNCT CMWB);
    EXPECT_FALSE(factory.agree(terms(PMD)));
    EXPECT_TRUE(factory.agree(terms(PMD SNCT)));
}

TEST(Agreeing, AnswersThatTheOfferAllows) {
    PerMessageDeflateFactory factory{kLargest};
    for (const char* answer : {PMD, PMD SNCT, PMD CNCT, PMD SNCT CNCT, PMD SMWB "=8", PMD SMWB "=15", PMD CMWB "=8",
                               PMD CMWB "=15", PMD SNCT CNCT SMWB "=9" CMWB "=10"})
        EXPECT_TRUE(factory.agree(terms(answer))) << answer;
}

TEST(Agreeing, MistakesInAnAnswerFailTheConnection) {
    PerMessageDeflateFactory factory{kLargest};
    for (const char* answer : {"permessage-bzip2", PMD "; level=3", PMD SNCT "=1", PMD CNCT "=1", PMD SMWB,
                               PMD SMWB "=7", PMD SMWB "=16", PMD CMWB, PMD CMWB "=7", PMD CMWB "=09", PMD SNCT SNCT,
                               PMD CNCT CNCT, PMD SMWB "=9" SMWB "=9", PMD CMWB "=9" CMWB "=9"})
        EXPECT_FALSE(factory.agree(terms(answer))) << answer;
}

TEST(Agreeing, AWindowThatWasAskedForMustBeGranted) {
    PerMessageDeflateFactory factory{{.serverMaxWindowBits = 10, .clientMaxWindowBits = 15}};
    EXPECT_FALSE(factory.agree(terms(PMD)));
    EXPECT_FALSE(factory.agree(terms(PMD SMWB "=11")));
    EXPECT_TRUE(factory.agree(terms(PMD SMWB "=10")));
    EXPECT_TRUE(factory.agree(terms(PMD SMWB "=8")));
}

TEST(Configuration, EveryMistakeIsNamedAtOnce) {
    const CompressionConfig config{.level = 0, .serverMaxWindowBits = 7, .clientMaxWindowBits = 16};
    EXPECT_THAT(problemsOf(config), ::testing::ElementsAre("level: 0 is not between 1 and 3",
                                                           "serverMaxWindowBits: 7 is not between 8 and 15",
                                                           "clientMaxWindowBits: 16 is not between 8 and 15"));
    EXPECT_THROW(PerMessageDeflateFactory{config}, std::invalid_argument);
    EXPECT_TRUE(problemsOf({}).empty());
}

}  // namespace
}  // namespace patchbay::compression::testing
