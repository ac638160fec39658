#include "transport/Outbox.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <string>

namespace patchbay::transport {
namespace {

/// Writes at most `bytes` of what waits and returns them, as a peer would get them.
std::string write(Outbox& box, std::size_t bytes = SIZE_MAX) {
    Batch batch;
    box.gather(batch);
    std::string wire;
    for (const iovec& piece : batch.span()) {
        EXPECT_GT(piece.iov_len, 0u);
        wire.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    }
    EXPECT_EQ(batch.bytes, wire.size());
    wire.resize(std::min(wire.size(), bytes));
    box.written(wire.size());
    return wire;
}

std::string writeAll(Outbox& box) {
    std::string wire;
    while (!box.empty()) wire += write(box);
    return wire;
}

SendStatus append(Outbox& box, std::string_view text) { return box.append({}, asBytes(text)); }
SendStatus appendShared(Outbox& box, std::string_view text) {
    return box.append(makeBatch({}, asBytes(text)), 0, 1);
}

class OutboxSizes : public testing::TestWithParam<std::size_t> {};

TEST_P(OutboxSizes, MessagesOfAnySizeComeOutInOrderAndWhole) {
    Outbox box{{.bytes = 1_MiB}};
    std::string expected;
    for (const char letter : {'a', 'b', 'c', 'd', 'e'}) {
        const std::string text(GetParam(), letter);
        ASSERT_EQ(letter % 2 ? box.append(asBytes("<"), asBytes(text)) : appendShared(box, '<' + text),
                  SendStatus::Queued);
        expected += '<' + text;
    }
    EXPECT_EQ(box.queuedBytes(), expected.size());
    EXPECT_EQ(writeAll(box), expected);
    EXPECT_EQ(box.queuedBytes(), 0u);
    EXPECT_EQ(box.heldBytes(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Boundaries, OutboxSizes,
                         testing::Values(0, 1, 125, 126, 1022, 1023, 1024, 2046, 2047, 2048, 4096, 65535, 65536));

TEST(Outbox, SmallMessagesShareOnePiece) {
    Outbox box{{}};
    for (int i = 0; i < 100; ++i) append(box, "0123456789");
    Batch batch;
    box.gather(batch);
    EXPECT_EQ(batch.count, 1u);
}

TEST(Outbox, ABurstOfLargerMessagesIsFewPieces) {
    Outbox box{{}};
    const std::string kilobyte(1024, 'k');
    for (int i = 0; i < 16; ++i) append(box, kilobyte);
    Batch batch;
    box.gather(batch);
    EXPECT_EQ(batch.count, 2u);
    EXPECT_EQ(batch.bytes, 16'384u);
}

TEST(Outbox, AnEmptyBoxTakesABroadcastByReference) {
    const SharedBatch frame = makeBatch({}, asBytes("tick"));
    Outbox box{{}};
    box.append(frame, 0, 1);
    Batch batch;
    box.gather(batch);
    EXPECT_EQ(batch.pieces[0].iov_base, static_cast<const void*>(frame->bytes.data()));
}

SharedBatch batchOf(std::initializer_list<std::string_view> messages) {
    auto batch = std::make_shared<WireBatch>();
    for (const auto message : messages) batch->append({}, asBytes(message));
    return batch;
}

TEST(OutboxBatch, ItsMessagesAreOnePieceWhichIsShared) {
    const SharedBatch batch = batchOf({"aaa", "bbb", "ccc", "ddd"});
    Outbox box{{}};
    append(box, "before;");
    EXPECT_EQ(box.append(batch, 1, 3), SendStatus::Queued);
    EXPECT_EQ(box.queuedBytes(), 13u);
    Batch write;
    box.gather(write);
    ASSERT_EQ(write.count, 2u);
    EXPECT_EQ(write.pieces[1].iov_base, static_cast<const void*>(batch->bytes.data() + 3));
    EXPECT_EQ(writeAll(box), "before;bbbccc");
}

TEST(OutboxBatch, IsWrittenInPartsOfAnySize) {
    for (std::size_t part = 1; part <= 10; ++part) {
        Outbox box{{}};
        box.append(batchOf({"aaa", "", "bb", "cccc"}), 0, 4);
        std::string wire;
        while (!box.empty()) wire += write(box, part);
        EXPECT_EQ(wire, "aaabbcccc");
        EXPECT_EQ(box.queuedBytes(), 0u);
    }
}

TEST(OutboxBatch, LosesWholeMessagesToThePolicyFromItsFrontAndNotTheOneOnTheWire) {
    Outbox box{{.bytes = 12, .whenFull = WhenFull::DropOldest}};
    box.append(batchOf({"aaaa", "bbbb", "cccc"}), 0, 3);
    EXPECT_EQ(write(box, 1), "a");
    EXPECT_EQ(append(box, "dddddd"), SendStatus::Queued);
    EXPECT_EQ(box.dropped(), 2u);
    EXPECT_EQ(writeAll(box), "aaadddddd");
}

TEST(OutboxBatch, ThatDoesNotFitObeysThePolicyMessageByMessage) {
    Outbox full{{.bytes = 7, .whenFull = WhenFull::Close}};
    EXPECT_EQ(full.append(batchOf({"aaa", "bbb", "ccc"}), 0, 3), SendStatus::Full);
    EXPECT_EQ(writeAll(full), "aaabbb");
    Outbox newest{{.bytes = 7, .whenFull = WhenFull::DropNewest}};
    EXPECT_EQ(newest.append(batchOf({"aaa", "bbb", "ccc", "d"}), 0, 4), SendStatus::Dropped);
    EXPECT_EQ(newest.dropped(), 1u);
    EXPECT_EQ(writeAll(newest), "aaabbbd");
    Outbox oldest{{.bytes = 7, .whenFull = WhenFull::DropOldest}};
    EXPECT_EQ(oldest.append(batchOf({"aaa", "bbb", "ccc", "d"}), 0, 4), SendStatus::Queued);
    EXPECT_EQ(oldest.dropped(), 1u);
    EXPECT_EQ(writeAll(oldest), "bbbcccd");
}

TEST(OutboxBatch, IsForgottenButForTheMessageOnTheWire) {
    Outbox box{{}};
    box.append(batchOf({"aaaa", "bbbb", "cccc"}), 0, 3);
    write(box, 5);
    box.dropUnstarted();
    EXPECT_EQ(box.queuedBytes(), 3u);
    EXPECT_EQ(writeAll(box), "bbb");
}

TEST(OutboxLent, IsWrittenFromWhereItLies) {
    const std::string payload(3000, 'p');
    Outbox box{{}};
    EXPECT_EQ(box.appendLent(asBytes("<>"), asBytes(payload)), SendStatus::Queued);
    EXPECT_TRUE(box.hasLent());
    Batch batch;
    box.gather(batch);
    EXPECT_EQ(batch.pieces[1].iov_base, static_cast<const void*>(payload.data()));
    EXPECT_EQ(writeAll(box), "<>" + payload);
    EXPECT_FALSE(box.hasLent());
}

TEST(OutboxLent, IsCopiedAsFarAsItWasNotWrittenInTime) {
    for (const std::size_t written : {0u, 1u, 2u, 3u, 2999u, 3001u}) {
        std::string payload(3000, 'p');
        payload.back() = 'q';
        const std::string expected = "<>" + payload;
        Outbox box{{}};
        box.appendLent(asBytes("<>"), asBytes(payload));
        append(box, "behind");
        std::string wire = write(box, written);
        box.keepLent();
        payload.assign(payload.size(), 'x');  // somebody else's now
        EXPECT_EQ(wire + writeAll(box), expected + "behind") << written;
        EXPECT_EQ(box.queuedBytes(), 0u);
    }
}

TEST(OutboxLent, ObeysThePolicy) {
    const std::string payload(3000, 'p');
    Outbox box{{.bytes = 4000, .whenFull = WhenFull::DropOldest}};
    box.appendLent(asBytes("<>"), asBytes(payload));
    box.keepLent();
    EXPECT_EQ(append(box, std::string(2000, 'n')), SendStatus::Queued);
    EXPECT_EQ(box.dropped(), 1u);
    EXPECT_EQ(writeAll(box), std::string(2000, 'n'));
}

TEST(Outbox, AnEmptyMessageIsNothing) {
    Outbox box{{}};
    EXPECT_EQ(append(box, ""), SendStatus::Queued);
    EXPECT_EQ(appendShared(box, ""), SendStatus::Queued);
    EXPECT_EQ(box.appendControl({}), SendStatus::Queued);
    EXPECT_TRUE(box.empty());
}

TEST(OutboxPolicyClose, AFullQueueRefusesTheMessageAndKeepsTheOthers) {
    Outbox box{{.bytes = 10, .whenFull = WhenFull::Close}};
    EXPECT_EQ(append(box, "12345"), SendStatus::Queued);
    EXPECT_EQ(append(box, "67890"), SendStatus::Queued);
    EXPECT_EQ(append(box, "x"), SendStatus::Full);
    EXPECT_EQ(box.dropped(), 0u);
    EXPECT_EQ(writeAll(box), "1234567890");
    EXPECT_EQ(append(box, "12345678901"), SendStatus::Full);
    EXPECT_EQ(append(box, "1234567890"), SendStatus::Queued);
}

TEST(OutboxLimit, OfAMessagesPayloadTakesItIntoAnEmptyBoxWhicheverWayItComes) {
    const std::string head(10, 'h');
    for (const std::size_t payload : {2000u, 70'000u}) {
        for (const auto policy : {WhenFull::Close, WhenFull::DropOldest, WhenFull::DropNewest}) {
            for (const std::size_t more : {0u, 1u}) {
                const std::string text(payload + more, 'p');
                const auto refused = policy == WhenFull::Close ? SendStatus::Full : SendStatus::Dropped;
                const auto expected = more == 0 ? SendStatus::Queued : refused;
                Outbox copied{{payload, policy}}, lent{{payload, policy}}, shared{{payload, policy}};
                EXPECT_EQ(copied.append(asBytes(head), asBytes(text)), expected);
                EXPECT_EQ(lent.appendLent(asBytes(head), asBytes(text)), expected);
                EXPECT_EQ(shared.append(makeBatch(asBytes(head), asBytes(text)), 0, 1), expected);
                for (Outbox* box : {&copied, &lent, &shared}) {
                    const bool isFull = more == 0 && policy != WhenFull::DropOldest;
                    EXPECT_EQ(box->append({}, asBytes("x")), isFull ? refused : SendStatus::Queued);
                }
            }
        }
    }
}

TEST(OutboxPolicyDropNewest, TheNewMessageIsDroppedAndCounted) {
    Outbox box{{.bytes = 10, .whenFull = WhenFull::DropNewest}};
    append(box, "12345");
    EXPECT_EQ(append(box, "678901"), SendStatus::Dropped);
    EXPECT_EQ(append(box, "67890"), SendStatus::Queued);
    EXPECT_EQ(box.dropped(), 1u);
    EXPECT_EQ(writeAll(box), "1234567890");
}

TEST(OutboxPolicyDropOldest, AsManyOldMessagesGoAsTheNewOneNeeds) {
    Outbox box{{.bytes = 10, .whenFull = WhenFull::DropOldest}};
    for (const char* text : {"aaa", "bbb", "ccc"}) append(box, text);
    EXPECT_EQ(append(box, "dddd"), SendStatus::Queued);
    EXPECT_EQ(box.dropped(), 1u);
    EXPECT_EQ(append(box, "eeeeeee"), SendStatus::Queued);
    EXPECT_EQ(box.dropped(), 4u);
    EXPECT_EQ(writeAll(box), "eeeeeee");
}

TEST(OutboxPolicyDropOldest, AMessageLargerThanTheLimitIsDroppedAndDropsNothing) {
    Outbox box{{.bytes = 10, .whenFull = WhenFull::DropOldest}};
    append(box, "aaa");
    EXPECT_EQ(append(box, "12345678901"), SendStatus::Dropped);
    EXPECT_EQ(box.dropped(), 1u);
    EXPECT_EQ(writeAll(box), "aaa");
}

TEST(OutboxPolicyDropOldest, AMessagePartlyOnTheWireIsFinished) {
    Outbox box{{.bytes = 12, .whenFull = WhenFull::DropOldest}};
    for (const char* text : {"aaaa", "bbbb", "cccc"}) append(box, text);
    EXPECT_EQ(write(box, 1), "a");
    EXPECT_EQ(append(box, "dddddd"), SendStatus::Queued);
    EXPECT_EQ(writeAll(box), "aaadddddd");
    EXPECT_EQ(box.dropped(), 2u);
}

TEST(OutboxPolicyDropOldest, TheNewMessageIsDroppedWhenOnlyAPartlyWrittenOneIsInItsWay) {
    Outbox box{{.bytes = 10, .whenFull = WhenFull::DropOldest}};
    append(box, "aaaaaaaaaa");
    write(box, 2);
    EXPECT_EQ(append(box, "bbb"), SendStatus::Dropped);
    EXPECT_EQ(writeAll(box), "aaaaaaaa");
}

TEST(OutboxPolicyDropOldest, ControlMessagesKeepTheirPlace) {
    Outbox box{{.bytes = 8, .whenFull = WhenFull::DropOldest}};
    append(box, "aaaa");
    box.appendControl(asBytes("<ping>"));
    append(box, "bbbb");
    append(box, "cccc");
    append(box, "dddd");
    EXPECT_EQ(box.queuedBytes(), 8u);
    EXPECT_EQ(writeAll(box), "<ping>ccccdddd");
}

TEST(OutboxControl, DoesNotCountInTheLimitAndHasItsOwn) {
    Outbox box{{.bytes = 4, .whenFull = WhenFull::Close}};
    append(box, "full");
    const std::string kilobyte(1024, 'p');
    for (int i = 0; i < 4; ++i) EXPECT_EQ(box.appendControl(asBytes(kilobyte)), SendStatus::Queued);
    EXPECT_EQ(box.appendControl(asBytes("x")), SendStatus::Dropped);
    EXPECT_EQ(box.queuedBytes(), 4u);
    writeAll(box);
    EXPECT_EQ(box.appendControl(asBytes("x")), SendStatus::Queued);
}

TEST(OutboxControl, KeepsRoomForTheMessageThatEndsTheConnection) {
    Outbox box{{}};
    while (box.appendControl(asBytes("<ping>")) == SendStatus::Queued) continue;
    const std::string close(Outbox::kReservedBytes, 'c');
    EXPECT_EQ(box.appendControl(asBytes(close)), SendStatus::Dropped);
    EXPECT_EQ(box.appendControl(asBytes(close), ControlRoom::Reserved), SendStatus::Queued);
    EXPECT_TRUE(writeAll(box).ends_with(close));
}

TEST(OutboxDropUnstarted, ForgetsAllButTheMessageOnTheWire) {
    for (const std::size_t size : {4u, 3000u}) {  // within a chunk, and one that has its own memory
        Outbox box{{}};
        append(box, std::string(size, 'a'));
        append(box, std::string(size, 'b'));
        box.appendControl(asBytes("<ping>"));
        write(box, 1);
        box.dropUnstarted();
        EXPECT_EQ(box.queuedBytes(), size - 1);
        EXPECT_EQ(box.appendControl(asBytes("<close>")), SendStatus::Queued);
        EXPECT_EQ(writeAll(box), std::string(size - 1, 'a') + "<close>");
        EXPECT_EQ(box.dropped(), 0u);
    }
}

TEST(OutboxDropUnstarted, WithNothingOnTheWireLeavesNothing) {
    Outbox box{{}};
    append(box, "aaaa");
    append(box, std::string(5000, 'b'));
    box.dropUnstarted();
    EXPECT_TRUE(box.empty());
    EXPECT_EQ(box.queuedBytes(), 0u);
}

TEST(OutboxCommitted, StaysWhenTheRestIsForgotten) {
    for (const std::size_t size : {100u, 2048u, 4096u}) {
        const std::string head(size, 'h');
        Outbox box{{}};
        EXPECT_EQ(box.appendCommitted(asBytes(head)), SendStatus::Queued);
        append(box, "aaaa");
        append(box, std::string(5000, 'b'));
        box.dropUnstarted();
        EXPECT_EQ(box.queuedBytes(), 0u);
        EXPECT_EQ(box.unsentBytes(), size);
        box.appendControl(asBytes("<close>"), ControlRoom::Reserved);
        EXPECT_EQ(writeAll(box), head + "<close>") << size;
        EXPECT_EQ(box.unsentBytes(), 0u);
    }
}

TEST(OutboxCommitted, StaysInItsPlaceBetweenWhatIsForgotten) {
    Outbox box{{}};
    append(box, "aaaa");
    append(box, "bbbb");
    box.appendCommitted(asBytes("<one>"));
    box.appendControl(asBytes("<ping>"));
    box.appendCommitted(asBytes("<two>"));
    append(box, "cccc");
    write(box, 1);
    box.dropUnstarted();
    EXPECT_EQ(box.queuedBytes(), 3u);
    EXPECT_EQ(box.unsentBytes(), 13u);
    append(box, "dddd");
    EXPECT_EQ(writeAll(box), "aaa<one><two>dddd");
    EXPECT_EQ(box.unsentBytes(), 0u);
}

TEST(OutboxCommitted, DoesNotFallToThePolicy) {
    Outbox box{{.bytes = 8, .whenFull = WhenFull::DropOldest}};
    box.appendCommitted(asBytes("<head>"));
    for (const char* text : {"aaaa", "bbbb", "cccc"}) append(box, text);
    EXPECT_EQ(writeAll(box), "<head>bbbbcccc");
}

TEST(OutboxCommitted, HasTheRoomOfControlMessagesAndIsQueuedWholeOrNotAtAll) {
    Outbox box{{}};
    box.appendControl(asBytes("<ping>"));
    EXPECT_EQ(box.appendCommitted(asBytes(std::string(Outbox::kMaxControlBytes - 5, 'h'))), SendStatus::Dropped);
    EXPECT_EQ(writeAll(box), "<ping>");
    const std::string most(Outbox::kMaxControlBytes, 'h');
    EXPECT_EQ(box.appendCommitted(asBytes(most)), SendStatus::Queued);
    EXPECT_EQ(writeAll(box), most);
}

TEST(Outbox, TwoHundredThousandRandomStepsNeverTearOrReorderAMessage) {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        std::mt19937 random{seed};
        Outbox box{{.bytes = 20'000, .whenFull = seed % 2 ? WhenFull::DropOldest : WhenFull::DropNewest}};
        std::string wire;
        std::uint64_t queued = 0;
        unsigned next = 0;
        for (int step = 0; step < 10'000; ++step) {
            if (random() % 3) {
                // "[number:padding]": the reader below finds the borders again by itself
                std::string text = '[' + std::to_string(next++) + ':';
                text.append(random() % 4 ? random() % 200 : random() % 5000, '.').push_back(']');
                const unsigned way = random() % 8;
                const auto status = way == 0 && text.size() < 2000 ? box.appendControl(asBytes(text))
                                    : way < 3                      ? appendShared(box, text)
                                    : way == 3                     ? box.appendLent(asBytes("["), asBytes(text).subspan(1))
                                                                   : append(box, text);
                box.keepLent();
                queued += status == SendStatus::Queued;
                ASSERT_LE(box.queuedBytes(), 20'000u);
            } else {
                wire += write(box, random() % 6000);
            }
        }
        wire += writeAll(box);
        long last = -1;
        std::uint64_t arrived = 0;
        for (std::size_t at = 0; at < wire.size(); ++arrived) {
            ASSERT_EQ(wire[at], '[');
            const long number = std::stol(wire.substr(at + 1, 8));
            ASSERT_GT(number, last);
            last = number;
            const std::size_t body = wire.find(':', at) + 1;
            at = wire.find_first_not_of('.', body);
            ASSERT_NE(at, std::string::npos);
            ASSERT_EQ(wire[at++], ']');
        }
        EXPECT_EQ(box.heldBytes(), 0u);
        if (seed % 2 == 0) {
            EXPECT_EQ(arrived, queued);
        }
        EXPECT_GT(box.dropped(), 0u);
        EXPECT_EQ(box.queuedBytes(), 0u);
    }
}

}  // namespace
}  // namespace patchbay::transport
