// Updates as bytes: what yjs writes, and what it should not have to read.

#include "Vectors.hpp"

#include <patchbay/yjs/update.hpp>

#include "support/CountedAllocations.hpp"

#include <gtest/gtest.h>

namespace patchbay::yjs::test {
namespace {

Rule ruleOf(std::string_view hex, const UpdateLimits& limits = {}) { return check(fromHex(hex), limits).rule; }

class UpdateVectors : public testing::TestWithParam<Vector> {};

TEST_P(UpdateVectors, AreMergedByteForByte) {
    const std::vector<Bytes> updates(GetParam().updates.begin(), GetParam().updates.end());
    Buffer merged;
    const Fault fault = mergeUpdates(updates, merged);
    ASSERT_FALSE(fault) << fault.text();
    EXPECT_EQ(toHex(merged), toHex(GetParam().merged));
}

TEST_P(UpdateVectors, HaveTheStateVectorThatYjsCounts) {
    StateVector vector;
    ASSERT_FALSE(stateVectorOf(GetParam().merged, vector));
    EXPECT_EQ(toHex(encodeStateVector(vector)), toHex(GetParam().stateVector));
}

TEST_P(UpdateVectors, AreCutByteForByte) {
    for (const auto& [encoded, wanted] : GetParam().diffs) {
        StateVector known;
        ASSERT_FALSE(decodeStateVector(encoded, known));
        Buffer diff;
        ASSERT_FALSE(diffUpdate(GetParam().merged, known, diff));
        EXPECT_EQ(toHex(diff), toHex(wanted)) << "for " << toHex(encoded);
    }
}

TEST_P(UpdateVectors, AreRefusedWhereverTheyEndTooEarly) {
    const Buffer& whole = GetParam().merged;
    for (std::size_t size = 0; size < std::min<std::size_t>(whole.size(), 3000); ++size) {
        EXPECT_TRUE(check(Bytes{whole}.first(size))) << size << " of " << whole.size() << " bytes";
    }
}

std::string nameOf(const testing::TestParamInfo<Vector>& info) {
    std::string name = info.param.id;
    for (char& one : name) one = one == '-' ? '_' : one;
    return name;
}
INSTANTIATE_TEST_SUITE_P(Yjs, UpdateVectors, testing::ValuesIn(vectors().vectors), nameOf);

TEST(Update, WhatIsMalformedIsRefused) {
    ASSERT_EQ(vectors().malformed.size(), 16U);
    for (const Named& one : vectors().malformed) {
        EXPECT_TRUE(check(one.bytes)) << one.name;
        Buffer out;
        EXPECT_TRUE(mergeUpdates(std::vector<Bytes>{one.bytes, one.bytes}, out)) << one.name;
        EXPECT_TRUE(out.empty()) << one.name;
        EXPECT_TRUE(diffUpdate(one.bytes, {}, out)) << one.name;
        StateVector vector;
        EXPECT_TRUE(stateVectorOf(one.bytes, vector)) << one.name;
    }
}

// Each is right but for one thing: 01 section, of 01 struct, client 0x64, from clock 0; 04 a text, in (01) the root "t"; 00 no deletes.
TEST(Update, EachRuleHasItsFault) {
    EXPECT_EQ(ruleOf("01" "0164" "00" "04010174" "0161" "00"), Rule::None);
    EXPECT_EQ(ruleOf(""), Rule::Truncated);
    EXPECT_EQ(ruleOf("01" "0164" "00" "04010174" "0161" "00" "00"), Rule::TrailingBytes);
    EXPECT_EQ(ruleOf("01" "0164" "00" "04010174" "01ff" "00"), Rule::NotUtf8);
    EXPECT_EQ(ruleOf("01" "0164" "00" "04010174" "03eda080" "00"), Rule::NotUtf8) << "half of a surrogate pair";
    EXPECT_EQ(ruleOf("01" "0164" "00" "040101ff" "0161" "00"), Rule::NotUtf8) << "in the name of a root";
    EXPECT_EQ(ruleOf("01" "0164" "00" "04010174" "00" "00"), Rule::ZeroLength);
    EXPECT_EQ(ruleOf("01" "01e400" "00" "04010174" "0161" "00"), Rule::OverlongInteger);
    EXPECT_EQ(ruleOf("01" "0164" "00" "04020174" "0161" "00"), Rule::UnknownContent) << "neither a root nor an id";
    EXPECT_EQ(ruleOf("01" "0164" "00" "0b010174" "0161" "00"), Rule::UnknownContent);
    EXPECT_EQ(ruleOf("01" "0164" "00" "80" "6301" "01" "00"), Rule::UnknownContent) << "GC has no origin";
    EXPECT_EQ(ruleOf("01" "0164" "00" "07010174" "07" "00"), Rule::UnknownType);
    EXPECT_EQ(ruleOf("01" "0164" "00" "05010174" "027b5d" "00"), Rule::NotJson) << "an embed";
    EXPECT_EQ(ruleOf("01" "0164" "00" "06010174" "0162" "0178" "00"), Rule::NotJson) << "a format";
    EXPECT_EQ(ruleOf("01" "0164" "00" "02010174" "01" "0178" "00"), Rule::NotJson) << "JSON";
    EXPECT_EQ(ruleOf("01" "0164" "00" "02010174" "01" "09756e646566696e6564" "00"), Rule::None) << "what yjs has always written for undefined";
    EXPECT_EQ(ruleOf("01" "0164" "00" "08010174" "01" "73" "00"), Rule::UnknownValue);
    EXPECT_EQ(ruleOf("01" "0164" "00" "08010174" "7f" "7e" "00"), Rule::CountTooLarge);
    EXPECT_EQ(ruleOf("02" "0163" "00" "04010174" "0161" "0164" "00" "04010174" "0161" "00"), Rule::ClientsOutOfOrder);
    EXPECT_EQ(ruleOf("02" "0164" "00" "04010174" "0161" "0164" "01" "04010174" "0161" "00"), Rule::ClientsOutOfOrder) << "twice";
    EXPECT_EQ(ruleOf("00" "01" "64" "01" "0000"), Rule::ZeroLength) << "a delete of nothing";
    EXPECT_EQ(ruleOf("01" "0064" "00" "0000"), Rule::ZeroLength) << "a client without structs";
    EXPECT_EQ(ruleOf("00" "01" "64" "00"), Rule::ZeroLength) << "and one without deletes";
    EXPECT_EQ(ruleOf("00" "01" "64" "01" "00ffffffff07"), Rule::None) << "2^31-1";
    EXPECT_EQ(ruleOf("00" "01" "64" "01" "01ffffffff07"), Rule::ClockTooLarge);
    EXPECT_EQ(ruleOf("01" "0164" "feffffff07" "00" "01" "00"), Rule::None) << "ends at 2^31-1";
    EXPECT_EQ(ruleOf("01" "0164" "feffffff07" "00" "02" "00"), Rule::ClockTooLarge);
    EXPECT_EQ(ruleOf("01" "0164" "8080808008" "00" "01" "00"), Rule::ClockTooLarge) << "begins beyond it";
}

TEST(Update, WhatRefersToItselfOrToWhatComesAfterItIsRefused) {
    EXPECT_EQ(ruleOf("01" "0164" "05" "84" "6404" "0161" "00"), Rule::None);
    EXPECT_EQ(ruleOf("01" "0164" "05" "84" "6405" "0161" "00"), Rule::RefersToItself) << "its origin";
    EXPECT_EQ(ruleOf("01" "0164" "05" "44" "6409" "0161" "00"), Rule::RefersToItself) << "its right origin";
    EXPECT_EQ(ruleOf("01" "0164" "05" "04" "00" "6405" "0161" "00"), Rule::RefersToItself) << "its parent";
}

TEST(Update, AnUpdateMayBeAsLargeAsItsLimitsAndNoLarger) {
    constexpr std::string_view kText = "0101640004010174016100";
    EXPECT_EQ(ruleOf(kText, {.maxBytes = 11}), Rule::None);
    EXPECT_EQ(ruleOf(kText, {.maxBytes = 10}), Rule::TooLarge);
    constexpr std::string_view kTwoDeletes = "00" "01" "64" "02" "0001" "0201";
    EXPECT_EQ(ruleOf(kTwoDeletes, {.maxDeleteRanges = 2}), Rule::None);
    EXPECT_EQ(ruleOf(kTwoDeletes, {.maxDeleteRanges = 1}), Rule::TooManyDeletes);
    constexpr std::string_view kTwoClients = "02" "0164" "00" "0001" "0163" "00" "0001" "02" "64" "01" "0001" "63" "01" "0001";
    EXPECT_EQ(ruleOf(kTwoClients, {.maxClients = 2}), Rule::None);
    EXPECT_EQ(ruleOf(kTwoClients, {.maxClients = 1}), Rule::TooManyClients);
    EXPECT_EQ(ruleOf("00" "02" "64" "01" "0001" "64" "01" "0001", {.maxClients = 1}), Rule::TooManyClients) << "of deletes";
    EXPECT_EQ(ruleOf(kTwoDeletes, {.maxClock = 3}), Rule::None);
    EXPECT_EQ(ruleOf(kTwoDeletes, {.maxClock = 2}), Rule::ClockTooLarge);
}

TEST(Update, DeletesOfAClientWhoStandsThereOftenCostWhatTheirBytesCost) {
    Buffer update = fromHex("00");
    writeVarUint(update, 10'000);
    for (unsigned n = 0; n < 10'000; ++n) writeBytes(update, fromHex("64" "01" "0001"));
    const std::size_t before = patchbay::test::allocations();
    EXPECT_FALSE(check(update));
    EXPECT_LT(patchbay::test::allocations() - before, 100U) << "ranges are not copied for each entry";
}

/// An item with one value: arrays within arrays, so many.
std::string nested(unsigned depth) {
    std::string hex = "01016400080101740" + std::string{"1"};
    for (unsigned n = 0; n < depth; ++n) hex += "7501";
    return hex + "7e" + "00";
}

TEST(Update, ValuesLieNoDeeperThanAClientsStackHolds) {
    EXPECT_EQ(ruleOf(nested(kMaxDepth)), Rule::None);
    EXPECT_EQ(ruleOf(nested(kMaxDepth + 1)), Rule::TooDeep);
    EXPECT_EQ(ruleOf(nested(1'000'000)), Rule::TooDeep);
}

TEST(Update, AFaultSaysWhereAndWhat) {
    const Fault fault = check(fromHex("01" "0164" "00" "04010174" "01ff" "00"));
    EXPECT_EQ(fault.text(), "a text is not UTF-8 (byte 8)");
    EXPECT_EQ(Fault{}.text(), "nothing is wrong");
}

TEST(Update, NothingIsWrittenWhereOneOfThemIsFaulty) {
    const Buffer good = fromHex("0101640004010174016100"), bad = fromHex("01");
    Buffer out = fromHex("aa");
    EXPECT_EQ(mergeUpdates(std::vector<Bytes>{good, bad}, out).rule, Rule::CountTooLarge);
    EXPECT_EQ(toHex(out), "aa");
}

TEST(Update, NoUpdateAtAllIsAnEmptyOne) {
    Buffer out;
    EXPECT_FALSE(mergeUpdates({}, out));
    EXPECT_EQ(toHex(out), "0000");
}

TEST(StateVectors, AreReadStrictly) {
    StateVector vector;
    EXPECT_EQ(decodeStateVector(fromHex("0164"), vector).rule, Rule::CountTooLarge);
    EXPECT_EQ(decodeStateVector(fromHex("01640500"), vector).rule, Rule::TrailingBytes);
    EXPECT_EQ(decodeStateVector(fromHex("ffffffffffffffffff01"), vector).rule, Rule::IntegerOutOfRange);
    EXPECT_FALSE(decodeStateVector(fromHex("0264054d02"), vector));
    EXPECT_EQ(vector, (StateVector{{100, 5}, {77, 2}}));
}

}  // namespace
}  // namespace patchbay::yjs::test
