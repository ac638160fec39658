// A document as a server holds it: what is taken, what waits, what is refused, and that nothing is lost by compaction.

#include "Vectors.hpp"

#include <patchbay/yjs/document.hpp>

#include "support/CountedAllocations.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace patchbay::yjs::test {
namespace {

// Client 100 writes "ab" into the root "t"; 77 puts "c" behind it; then 100 deletes its "b".
const Buffer kAb = fromHex("01" "0164" "00" "04010174" "026162" "00");
const Buffer kC = fromHex("01" "014d" "00" "84" "6401" "0163" "00");
const Buffer kNoB = fromHex("00" "01" "64" "01" "0101");
const Buffer kAll = fromHex("02" "0164" "00" "04010174" "026162" "014d" "00" "84" "6401" "0163" "01" "64" "01" "0101");

Buffer merged(const std::vector<Buffer>& updates) {
    const std::vector<Bytes> views(updates.begin(), updates.end());
    Buffer out;
    EXPECT_FALSE(mergeUpdates(views, out));
    return out;
}

TEST(Document, AnUpdateWithEverythingItNeedsIsTakenAndRelayedAsItCame) {
    Document document;
    for (const Buffer* update : {&kAb, &kC, &kNoB}) {
        const Applied applied = document.apply(*update, 1);
        EXPECT_FALSE(applied.fault) << applied.fault.text();
        EXPECT_TRUE(applied.hasChanged && applied.relaysOriginal);
        EXPECT_FALSE(applied.isPending);
        EXPECT_TRUE(applied.relay.empty());
    }
    EXPECT_EQ(toHex(document.encode()), toHex(kAll));
    EXPECT_EQ(document.stateVector(), (StateVector{{100, 2}, {77, 1}}));
    EXPECT_EQ(document.clockOf(100), 2U);
    EXPECT_EQ(document.clockOf(5), 0U);
}

TEST(Document, WhatIsKnownIsNeitherNewNorRelayed) {
    Document document;
    for (const Buffer* update : {&kAb, &kC, &kNoB}) document.apply(*update, 1);
    for (const Buffer* update : {&kAb, &kC, &kNoB, &kAll}) {
        const Applied applied = document.apply(*update, 2);
        EXPECT_FALSE(applied.hasChanged || applied.relaysOriginal || applied.isPending || applied.fault);
    }
    EXPECT_EQ(toHex(document.encode()), toHex(kAll));
}

TEST(Document, WhatComesTooEarlyWaitsForWhatItNeedsAndIsRelayedThen) {
    Document document;
    Applied applied = document.apply(kNoB, 1);
    EXPECT_TRUE(applied.isPending);
    EXPECT_FALSE(applied.hasChanged || applied.relaysOriginal);
    applied = document.apply(kC, 2);
    EXPECT_TRUE(applied.isPending);
    EXPECT_EQ(toHex(document.encode()), "0000");
    EXPECT_TRUE(document.isPending(1) && document.isPending(2));

    applied = document.apply(kAb, 3);
    EXPECT_TRUE(applied.hasChanged && applied.relaysOriginal);
    EXPECT_EQ(toHex(applied.relay), toHex(merged({kC, kNoB})));
    EXPECT_FALSE(document.isPending(1) || document.isPending(2));
    EXPECT_EQ(toHex(document.encode()), toHex(kAll));
}

TEST(Document, OfAnUpdateThatCannotBeTakenWholeTheRestWaits) {
    Document document;
    // 100 goes on after a gap; what 77 says needs nothing.
    const Buffer half = fromHex("02" "0164" "02" "84" "6401" "0164" "014d" "00" "04010174" "0165" "00");
    const Applied applied = document.apply(half, 1);
    EXPECT_TRUE(applied.hasChanged && applied.isPending);
    EXPECT_FALSE(applied.relaysOriginal);
    EXPECT_EQ(toHex(applied.relay), "01" "014d" "00" "04010174" "0165" "00");
    EXPECT_EQ(toHex(document.encode()), toHex(applied.relay));
    const Applied rest = document.apply(kAb, 2);
    EXPECT_EQ(toHex(rest.relay), "01" "0164" "02" "84" "6401" "0164" "00");
}

TEST(Document, AnOverlapIsTakenFromWhereItIsNew) {
    Document document;
    document.apply(kAb, 1);
    const Applied applied = document.apply(fromHex("01" "0164" "00" "04010174" "0461626364" "00"), 1);
    EXPECT_TRUE(applied.relaysOriginal);
    EXPECT_EQ(toHex(document.encode()), "01" "0164" "00" "04010174" "0461626364" "00") << "and is one struct with what was there";
}

TEST(Document, WhatWaitedIsForgottenWithItsSource) {
    Document document;
    document.apply(kC, 2);
    document.forget(2);
    EXPECT_FALSE(document.isPending(2));
    EXPECT_TRUE(document.apply(kAb, 1).relay.empty());
    EXPECT_EQ(document.clockOf(77), 0U);
}

TEST(Document, ParentsThatAreEachOthersChildrenAreNeverTaken) {
    Document document;
    // 100 makes a type in a type of 77, which lies in the type of 100.
    const Buffer cycle = fromHex("02" "0164" "00" "07" "00" "4d00" "00" "014d" "00" "07" "00" "6400" "00" "00");
    const Applied applied = document.apply(cycle, 1);
    EXPECT_TRUE(applied.isPending);
    EXPECT_FALSE(applied.hasChanged);
    EXPECT_EQ(toHex(document.encode()), "0000");
}

TEST(Document, AParentIsAType) {
    Document document;
    document.apply(kAb, 1);
    const Applied applied = document.apply(fromHex("01" "014d" "00" "04" "00" "6400" "0163" "00"), 1);
    EXPECT_EQ(applied.fault.rule, Rule::ParentIsNoType);
    const Applied together = document.apply(fromHex("02" "014d" "00" "04010174" "0163" "014c" "00" "04" "00" "4d00" "0163" "00"), 1);
    EXPECT_EQ(together.fault.rule, Rule::ParentIsNoType) << "in one update";
    EXPECT_EQ(toHex(document.encode()), toHex(kAb)) << "nothing of it is taken";
    EXPECT_FALSE(document.apply(fromHex("02" "014d" "00" "07010174" "02" "014c" "00" "04" "00" "4d00" "0163" "00"), 1).fault);
}

TEST(Document, EachFaultLeavesItAsItWas) {
    Document document;
    document.apply(kAb, 1);
    for (const Named& one : vectors().malformed) {
        EXPECT_TRUE(document.apply(one.bytes, 2).fault) << one.name;
        EXPECT_EQ(toHex(document.encode()), toHex(kAb)) << one.name;
    }
}

/// So many clients, each with one struct that needs nothing, or that needs the next lower one's.
Buffer crowd(std::size_t clients, bool isChain = false) {
    Buffer out;
    writeVarUint(out, clients);
    for (std::size_t client = clients; client != 0; --client) {
        writeVarUint(out, 1);
        writeVarUint(out, client);
        writeVarUint(out, 0);
        if (isChain && client != 1) {
            writeByte(out, 0x84);
            writeVarUint(out, client - 1);
            writeVarUint(out, 0);
        } else {
            writeBytes(out, fromHex("04010174"));
        }
        writeBytes(out, fromHex("0161"));
    }
    writeVarUint(out, 0);
    return out;
}

TEST(Document, AsManyNewClientsAsAreAllowedAndNoMore) {
    Document document;
    EXPECT_EQ(document.apply(crowd(10'000), 1).fault.rule, Rule::TooManyClients);
    EXPECT_EQ(document.apply(crowd(1'001), 1).fault.rule, Rule::TooManyClients);
    EXPECT_EQ(document.clients(), 0U);
    EXPECT_FALSE(document.apply(crowd(1'000), 1).fault);
    EXPECT_EQ(document.clients(), 1'000U);
    EXPECT_FALSE(document.apply(crowd(1'500), 1).fault) << "the first thousand are known";

    Document small{{.maxClients = 3}};
    EXPECT_FALSE(small.apply(crowd(3), 1).fault);
    EXPECT_EQ(small.apply(crowd(4), 1).fault.rule, Rule::TooManyClients);
}

/// A delete of so many clients, none of whom has written anything.
Buffer deletesOf(std::size_t clients) {
    Buffer out = fromHex("00");
    writeVarUint(out, clients);
    for (std::size_t client = clients; client != 0; --client) {
        writeVarUint(out, client);
        writeBytes(out, fromHex("010001"));
    }
    return out;
}

TEST(Document, OfALargeUpdateThatWasRefusedNoMemoryIsKept) {
    Document document;
    const std::size_t before = document.memory();
    EXPECT_EQ(document.apply(crowd(50'000), 1).fault.rule, Rule::TooManyClients);
    EXPECT_EQ(document.apply(deletesOf(50'000), 1).fault.rule, Rule::TooManyClients);
    EXPECT_LE(document.memory(), before + (std::size_t{7} << 16)) << "seven lists that are used again, 64 KiB each at most";
    EXPECT_EQ(document.apply(crowd(100'001), 1).fault.rule, Rule::TooManyClients);
}

TEST(Document, DeletesOfStrangersWaitForAsManyOfThemAsAreAllowed) {
    Document document;
    EXPECT_EQ(document.apply(deletesOf(1'001), 1).fault.rule, Rule::TooManyClients);
    EXPECT_FALSE(document.isPending(1));
    EXPECT_FALSE(document.apply(deletesOf(1'000), 1).fault);
    EXPECT_TRUE(document.isPending(1));
}

TEST(Document, DeletesThatWaitAreTakenAsFarAsTheirClientHasWritten) {
    Document document;
    document.apply(fromHex("00" "01" "64" "02" "0504" "0102"), 1);  // 5 to 9, and 1 to 3
    const Applied applied = document.apply(kAb, 2);
    EXPECT_EQ(toHex(applied.relay), "00" "01" "64" "01" "0101");
    EXPECT_TRUE(document.isPending(1));
    EXPECT_EQ(toHex(document.apply(fromHex("01" "0164" "02" "84" "6401" "06636465666768" "00"), 2).relay), "00" "01" "64" "02" "0201" "0503");
    EXPECT_TRUE(document.isPending(1)) << "8 is still to come";
}

TEST(Document, AChainOverManyClientsIsTakenWhateverItsOrder) {
    Document document{{.maxClients = 20'000, .maxNewClients = 20'000}};
    const Applied applied = document.apply(crowd(20'000, true), 1);
    EXPECT_TRUE(applied.relaysOriginal) << applied.fault.text();
    EXPECT_EQ(document.clients(), 20'000U);
}

TEST(Document, WhatWaitsIsBoundedForEachSource) {
    Document document{{.maxPendingUpdates = 2}};
    EXPECT_FALSE(document.apply(kC, 1).fault);
    EXPECT_FALSE(document.apply(kC, 1).fault);
    EXPECT_EQ(document.apply(kC, 1).fault.rule, Rule::TooMuchPending);
    EXPECT_FALSE(document.apply(kC, 2).fault) << "another's";
    document.forget(1);
    EXPECT_FALSE(document.apply(kC, 1).fault);

    Document narrow{{.maxPendingBytes = kC.size()}};
    EXPECT_FALSE(narrow.apply(kC, 1).fault);
    EXPECT_EQ(narrow.apply(kNoB, 1).fault.rule, Rule::TooMuchPending);
    narrow.apply(kAb, 2);
    EXPECT_FALSE(narrow.apply(fromHex("00" "01" "64" "01" "0501"), 1).fault) << "what is no longer waiting does not count";
}

TEST(Document, WhatWaitsIsBoundedForAllSourcesTogether) {
    Document document{{.maxPendingUpdatesOfAll = 2}};
    EXPECT_FALSE(document.apply(kC, 1).fault);
    EXPECT_FALSE(document.apply(kC, 2).fault);
    EXPECT_EQ(document.apply(kC, 3).fault.rule, Rule::TooMuchPending);
    document.forget(1);
    EXPECT_FALSE(document.apply(kC, 3).fault);
    document.apply(kAb, 4);
    EXPECT_FALSE(document.isPending(2) || document.isPending(3));
    EXPECT_FALSE(document.apply(fromHex("00" "01" "64" "01" "0501"), 1).fault) << "what is no longer waiting does not count";

    Document narrow{{.maxPendingBytesOfAll = 2 * kC.size() - 1}};
    EXPECT_FALSE(narrow.apply(kC, 1).fault);
    EXPECT_EQ(narrow.apply(kC, 2).fault.rule, Rule::TooMuchPending);
}

TEST(Document, WhatWaitsIsLookedAtOnlyWhenWhatItWaitsForHasCome) {
    Document document;
    for (SourceId source = 2; source < 10; ++source) {
        for (unsigned n = 0; n < 100; ++n) document.apply(deletesOf(50), source);  // of clients 1 to 50, who have written nothing
    }
    const std::size_t before = patchbay::test::allocations();
    document.apply(kAb, 1);
    EXPECT_LT(patchbay::test::allocations() - before, 50U);
    const Applied applied = document.apply(crowd(50), 1);
    EXPECT_TRUE(applied.relaysOriginal);
    for (SourceId source = 2; source < 10; ++source) EXPECT_FALSE(document.isPending(source));
    EXPECT_EQ(toHex(applied.relay), toHex(deletesOf(50))) << "which all of them said";
}

TEST(Document, WhatWaitsForEachOtherIsTakenFromTheFirstToTheLast) {
    // Each client's struct stands behind that of the next lower one; they come from the last to the first, each from a source of its own.
    Document document;
    for (ClientId client = 200; client != 1; --client) {
        Buffer update = fromHex("01" "01");
        writeVarUint(update, client);
        writeBytes(update, fromHex("00" "84"));
        writeVarUint(update, client - 1);
        writeBytes(update, fromHex("00" "0161" "00"));
        EXPECT_TRUE(document.apply(update, client).isPending);
    }
    const Applied applied = document.apply(crowd(1), 1);
    EXPECT_EQ(document.clients(), 200U);
    StateVector relayed;
    EXPECT_FALSE(stateVectorOf(applied.relay, relayed));
    EXPECT_EQ(relayed.size(), 199U);
    for (SourceId source = 1; source <= 200; ++source) EXPECT_FALSE(document.isPending(source));
}

TEST(Document, AnUpdateThatIsTooMuchToWaitIsNotTakenInPartEither) {
    Document document{{.maxPendingBytes = 4}};
    const Buffer half = fromHex("02" "0164" "02" "84" "6401" "0164" "014d" "00" "04010174" "0165" "00");
    EXPECT_EQ(document.apply(half, 1).fault.rule, Rule::TooMuchPending);
    EXPECT_EQ(document.clients(), 0U);
}

TEST(Document, GrowsToItsLimitAndNoFurther) {
    Document document{{.maxBytes = kAb.size() - 5}};  // all but the counts
    EXPECT_FALSE(document.apply(kAb, 1).fault);
    EXPECT_EQ(document.bytes(), kAb.size() - 5);
    EXPECT_EQ(document.apply(kC, 1).fault.rule, Rule::TooLarge);
    EXPECT_FALSE(document.apply(kNoB, 1).fault) << "deleting is always allowed";
}

/// Deletes of every other unit of client 100, so many.
Buffer everyOther(unsigned first, unsigned count) {
    Buffer out = fromHex("00" "01" "64");
    writeVarUint(out, count);
    for (unsigned n = 0; n < count; ++n) {
        writeVarUint(out, 2 * (first + n));
        writeVarUint(out, 1);
    }
    return out;
}
/// A GC of client 100, as long as all clocks are.
const Buffer kLongest = fromHex("01" "0164" "00" "00" "ffffffff07" "00");

TEST(Document, RangesOfDeletesAreBounded) {
    Document document{{.maxDeleteRanges = 20}};
    document.apply(kLongest, 1);
    EXPECT_FALSE(document.apply(everyOther(0, 20), 1).fault);
    EXPECT_EQ(document.apply(everyOther(20, 1), 1).fault.rule, Rule::TooManyDeletes);
    EXPECT_EQ(document.apply(everyOther(0, 21), 1).fault.rule, Rule::TooManyDeletes);
    EXPECT_FALSE(document.apply(everyOther(0, 20), 2).fault) << "what is known is no more";
    const Applied joined = document.apply(fromHex("00" "01" "64" "01" "0027"), 2);
    EXPECT_TRUE(joined.relaysOriginal) << "nor is what joins them: " << joined.fault.text();
    EXPECT_FALSE(document.apply(everyOther(20, 19), 1).fault) << "which makes room";
    document.compact();
    EXPECT_EQ(document.apply(everyOther(39, 2), 1).fault.rule, Rule::TooManyDeletes);
}

TEST(Document, DeletesThatAreKnownDoNotCostACopyOfAllOfThem) {
    Document document;
    document.apply(kLongest, 1);
    document.apply(everyOther(0, 100'000), 1);
    const Buffer known = everyOther(500, 9);
    patchbay::test::suffersShortages();
    const patchbay::test::Shortage shortage{{0, SIZE_MAX / 2, 400'000}};
    EXPECT_FALSE(document.apply(known, 1).hasChanged);
    EXPECT_EQ(shortage.failed(), 0U) << "blocks as large as all ranges";
}

TEST(Document, ADiffBeginsAtAWholeCharacter) {
    Document document;
    document.apply(fromHex("01" "0164" "00" "04010174" "06" "61" "f09f9880" "62" "00"), 1);
    EXPECT_EQ(toHex(document.diff({{100, 1}})), "01" "0164" "01" "84" "6400" "05" "f09f9880" "62" "00");
    EXPECT_EQ(toHex(document.diff({{100, 2}})), "01" "0164" "01" "84" "6400" "05" "f09f9880" "62" "00") << "not in the middle of one";
    EXPECT_EQ(toHex(document.diff({{100, 3}})), "01" "0164" "03" "84" "6402" "01" "62" "00");
    EXPECT_EQ(toHex(document.diff({{100, 4}})), "0000");
    EXPECT_EQ(toHex(document.diff({{100, kMaxInteger}})), "0000") << "somebody who knows more";
}

TEST(Document, IsLoadedFromWhatItWrote) {
    Document document;
    EXPECT_FALSE(document.load(kAll));
    EXPECT_EQ(toHex(document.encode()), toHex(kAll));
    EXPECT_TRUE(document.apply(fromHex("01" "0164" "02" "84" "6401" "0164" "00"), 1).relaysOriginal) << "and goes on";
    Document other;
    EXPECT_EQ(other.load(fromHex("01" "0164" "02" "84" "6401" "0164" "00")).rule, Rule::Missing);
    EXPECT_EQ(other.load(kNoB).rule, Rule::Missing);
    EXPECT_EQ(other.load(fromHex("01" "0264" "00" "0a01" "84" "6400" "0164" "00")).rule, Rule::Missing) << "a gap that is said";
    EXPECT_EQ(other.load(fromHex("01")).rule, Rule::CountTooLarge);
    EXPECT_EQ(other.clients(), 0U);
}

TEST(Document, OneEditAfterTheOtherIsOneStruct) {
    Document document;
    Buffer typed = kAb;
    for (unsigned n = 0; n < 20'000; ++n) {
        document.apply(typed, 1);
        typed = fromHex("01" "0164");
        writeVarUint(typed, n + 2);
        writeBytes(typed, fromHex("8464"));
        writeVarUint(typed, n + 1);
        writeBytes(typed, fromHex("017800"));
    }
    EXPECT_EQ(document.structs(), 1U);
    EXPECT_EQ(document.bytes(), 4U + 3U + 20'001U);
    EXPECT_LE(document.memory(), 100'000U);
    Document again;
    EXPECT_FALSE(again.load(document.encode()));
    EXPECT_EQ(again.clockOf(100), 20'001U);
}

TEST(Compaction, LeavesOutWhatHasBeenDeleted) {
    Document document;
    document.apply(fromHex("01" "0164" "00" "04010174" "026162" "00"), 1);
    document.apply(fromHex("00" "01" "64" "01" "0002"), 1);
    document.compact();
    EXPECT_EQ(toHex(document.encode()), "01" "0164" "00" "01010174" "02" "01" "64" "01" "0002");
    // Not where its heads would take more than it did.
    Document live;
    live.apply(kAb, 1);
    live.apply(kNoB, 1);
    const Buffer before = live.encode();
    live.compact();
    EXPECT_EQ(toHex(live.encode()), toHex(before));
}

TEST(Compaction, CutsALongDeleteOutOfAText) {
    Document document;
    Buffer text = fromHex("01" "0164" "00" "04010174");
    writeVarString(text, "ab" + std::string(60, 'x') + "\xF0\x9F\x98\x80" "cd");
    writeVarUint(text, 0);
    document.apply(text, 1);
    document.apply(fromHex("00" "01" "64" "01" "023d"), 1);  // 60 and half of the face
    document.compact();
    EXPECT_EQ(toHex(document.encode()), "01" "0364" "00" "04010174" "026162" "81" "6401" "3c" "84" "643d" "06" "f09f9880" "6364" "01" "64" "01" "023d");
    EXPECT_EQ(document.clockOf(100), 66U);
}

TEST(Compaction, BuriesWhatLayInADeletedType) {
    Document document;
    // An array in the map "t", a text in it, "ab" in that by two clients; then the array is deleted, by whom it may concern.
    document.apply(fromHex("01" "0364" "00" "27010174" "016b" "00" "07" "00" "6400" "02" "04" "00" "6401" "026162" "00"), 1);
    document.apply(fromHex("01" "014d" "00" "84" "6403" "0163" "00"), 1);
    document.apply(fromHex("00" "01" "64" "01" "0001"), 1);
    document.compact();
    EXPECT_EQ(toHex(document.encode()), "02" "0264" "00" "21010174" "016b" "01" "00" "03" "014d" "00" "00" "01" "02" "64" "01" "0004" "4d" "01" "0001");
    // And once more, now that the type cannot be told any longer.
    document.apply(fromHex("01" "014c" "00" "04" "00" "6400" "0178" "00"), 1);
    document.compact();
    EXPECT_EQ(toHex(document.diff({{100, 9}, {77, 9}})), "01" "014c" "00" "00" "01" "03" "64" "01" "0004" "4d" "01" "0001" "4c" "01" "0001");
}

TEST(Compaction, BuriesOfAClientWhatLiesBetweenWhatLives) {
    // A text in "t" is deleted; in turn one more in it and one in "u", ten times.
    Document document;
    Buffer update = fromHex("01" "1564" "00" "07010174" "02");
    for (unsigned n = 0; n < 10; ++n) writeBytes(update, fromHex("04" "00" "6400" "0161" "04010175" "0162"));
    writeBytes(update, fromHex("01" "64" "02" "0001" "0c01"));
    ASSERT_TRUE(document.apply(update, 1).relaysOriginal);
    document.compact();
    Buffer wanted = fromHex("01" "1564" "00" "01010174" "01");
    for (unsigned n = 0; n < 10; ++n) writeBytes(wanted, n == 5 ? fromHex("0001" "01010175" "01") : fromHex("0001" "04010175" "0162"));
    writeBytes(wanted, fromHex("01" "64" "09" "0002" "0301" "0501" "0701" "0901" "0b03" "0f01" "1101" "1301"));
    EXPECT_EQ(toHex(document.encode()), toHex(wanted));
}

TEST(Compaction, BuriesNothingWhereALivingStructStandsBesideADeadOne) {
    Document document;
    // A text in "t" with "ab" in it, and "c" in "u"; 77 puts "d" between the "c" and the "a", which no editor would; the text is deleted.
    document.apply(fromHex("01" "0364" "00" "07010174" "02" "04" "00" "6400" "026162" "04010175" "0163" "00"), 1);
    document.apply(fromHex("01" "014d" "00" "c4" "6403" "6401" "0164" "00"), 1);
    document.apply(fromHex("00" "01" "64" "01" "0001"), 1);
    document.compact();
    EXPECT_EQ(toHex(document.encode()), "02" "0364" "00" "01010174" "01" "04" "00" "6400" "026162" "04010175" "0163"
              "014d" "00" "c4" "6403" "6401" "0164" "01" "64" "01" "0001");
}

/// Every vector in random orders, cut into pieces, some of them twice: the document is what yjs merges.
TEST(Document, TakesUpdatesInWhateverOrder) {
    std::mt19937 random{20'261'128};
    for (const Vector& one : vectors().vectors) {
        if (one.updates.size() > 200) continue;
        for (unsigned round = 0; round < 3; ++round) {
            std::vector<Buffer> updates = one.updates;
            updates.push_back(updates[random() % updates.size()]);
            std::shuffle(updates.begin(), updates.end(), random);
            Document document;
            for (const Buffer& update : updates) EXPECT_FALSE(document.apply(update, 1).fault) << one.id;
            StateVector wanted;
            ASSERT_FALSE(stateVectorOf(one.merged, wanted));
            if (!document.isPending(1)) {
                EXPECT_EQ(document.stateVector(), wanted) << one.id;
            }
            const Buffer encoded = document.encode();
            EXPECT_FALSE(check(encoded)) << one.id;
            document.compact();
            EXPECT_LE(document.encode().size(), encoded.size()) << one.id;
            Document again;
            EXPECT_FALSE(again.load(document.encode())) << one.id;
            EXPECT_EQ(toHex(again.encode()), toHex(document.encode())) << one.id;
        }
    }
}

}  // namespace
}  // namespace patchbay::yjs::test
