// Which missing members get a default, and that an object used before keeps nothing of what it held.

#include <gmock/gmock.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "patchbay/errors.hpp"
#include "patchbay/json.hpp"
#include "support/CountedAllocations.hpp"

namespace patchbay::json {
namespace {

using testing::ElementsAre, testing::IsEmpty, testing::Pair;

template <class T>
std::string errorOf(std::string_view text) {
    try {
        read<T>(text);
    } catch (const DecodeError& error) {
        return error.what();
    }
    return "no error";
}

enum class Mode { Off, On };

struct Page {
    std::string query;
    int offset = 0;
    int limit = 50;
    bool all = false;
    Mode mode = Mode::Off;
    double ratio = 0;
};

TEST(JsonDefaults, EveryInitialisedNumberBoolAndEnumMayBeMissing) {
    const auto page = read<Page>(R"({"query":"x"})");
    EXPECT_EQ(page.offset, 0);
    EXPECT_EQ(page.limit, 50);
    EXPECT_EQ(page.mode, Mode::Off);
}

TEST(JsonDefaults, ATextWithoutInitialiserMustBeThere) { EXPECT_EQ(errorOf<Page>("{}"), "query: is missing"); }

struct Mixed {
    int x;
    int y = 0;
    Mode mode;
    Mode other = Mode::Off;
};

TEST(JsonDefaults, AnInitialiserIsSeenBesideFieldsThatHaveNone) {
    EXPECT_EQ(errorOf<Mixed>(R"({"x":1,"mode":"On"})"), "no error");
    EXPECT_EQ(errorOf<Mixed>(R"({"y":1,"mode":"On"})"), "x: is missing");
    EXPECT_EQ(errorOf<Mixed>(R"({"x":1})"), "mode: is missing");
}

std::map<std::string, int> oneCount() { return {{"a", 1}}; }

struct Lists {
    std::vector<int> none;
    std::vector<int> some = {1, 2};
    std::map<std::string, int> counts = oneCount();
    std::string name = "anonymous";
    std::optional<int> number = 5;
    int size = 3;
};

TEST(JsonDefaults, ValuesOfOtherTypesCountUnlessTheyAreEmpty) {
    const auto lists = read<Lists>(R"({"none":[]})");
    EXPECT_THAT(lists.some, ElementsAre(1, 2));
    EXPECT_THAT(lists.counts, ElementsAre(Pair("a", 1)));
    EXPECT_EQ(lists.name, "anonymous");
    EXPECT_EQ(lists.number, 5);
    EXPECT_EQ(lists.size, 3);
    EXPECT_EQ(errorOf<Lists>("{}"), "none: is missing");
}

struct Inner {
    int x = 1;
    std::string name;
};

struct Outer {
    Inner plain;
    Inner named = {2, "b"};
};

TEST(JsonDefaults, ANestedStructHasADefaultIfItsOuterOneChangesIt) {
    EXPECT_EQ(read<Outer>(R"({"plain":{"name":"a"}})").named.name, "b");
    EXPECT_EQ(errorOf<Outer>(R"({"named":{"name":"a"}})"), "plain: is missing");
}

struct Reused {
    std::string text;
    std::vector<std::string> tags;
    std::optional<std::string> note;
    int count = 7;
    std::vector<int> numbers = {1};
};

TEST(JsonDefaults, AnObjectUsedBeforeKeepsNothing) {
    Document document;
    Reused object;
    read(document.parse(R"({"text":"long","tags":["a","b","c"],"note":"n","count":1,"numbers":[4,5]})"), object);
    read(document.parse(R"({"text":"","tags":["d"]})"), object);
    EXPECT_EQ(object.text, "");
    EXPECT_THAT(object.tags, ElementsAre("d"));
    EXPECT_EQ(object.note, std::nullopt);
    EXPECT_EQ(object.count, 7);
    EXPECT_THAT(object.numbers, ElementsAre(1));
    EXPECT_GE(object.tags.capacity(), 3u);
}

TEST(JsonDefaults, ReadingIntoAnObjectUsedBeforeAllocatesNothing) {
    const std::string longText(200, 'x');
    const std::string message = R"({"text":")" + longText + R"(","tags":[")" + longText + R"(","b"],"count":2})";
    Document document;
    Reused object;
    read(document.parse(message), object);
    const auto before = test::allocations();
    read(document.parse(message), object);
    EXPECT_EQ(test::allocations(), before);
    EXPECT_EQ(object.text, longText);
}

TEST(JsonDefaults, WritingIntoABufferUsedBeforeAllocatesNothing) {
    const Reused object{std::string(200, 'x'), {"a"}, "n", 1, {2}};
    std::string out;
    write(out, object);
    const auto before = test::allocations();
    out.clear();
    write(out, object);
    EXPECT_EQ(test::allocations(), before);
}

TEST(JsonDefaults, MessagesThatGrowByAByteDoNotEachAllocate) {
    Document document;
    std::string text = "\"";
    text.reserve(8'000);
    const auto before = test::allocations();
    for (int size = 0; size < 4'000; ++size) {
        text.insert(1, "x");
        text += '"';
        document.parse(text);
        text.pop_back();
    }
    EXPECT_LT(test::allocations() - before, 50u);
}

}  // namespace
}  // namespace patchbay::json
