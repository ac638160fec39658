// Which types have a JSON form, and what structs and their fields are called.

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "patchbay/json.hpp"

namespace shop {
struct Item {
    std::string name;
};
template <class T>
struct Box {
    T content;
};
struct Cart {
    struct Emptied {};
    static constexpr std::string_view messageType = "shopping-cart";
    int size;
};
}  // namespace shop

namespace patchbay::json {
namespace {

struct Forty {
    int a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9;
    std::string c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, d0, d1, d2, d3, d4, d5, d6, d7, d8, d9;
};
struct Everything {
    bool flag;
    std::optional<std::vector<std::map<std::string, std::variant<shop::Item, Forty>>>> deep;
    std::array<float, 3> point;
    AsText<long> id;
};
struct Tree {
    std::vector<Tree> children;
    std::map<std::string, Tree> named;
};
struct WithView {
    std::string_view text;
};
struct WithArray {
    int numbers[3];
    int more;
};
struct WithBuffer {
    std::string name;
    char buffer[8];
};
struct WithOneArray {
    int number[1];
};
struct Derived : shop::Item {
    int more;
};
struct DerivedEmpty : shop::Cart::Emptied {
    std::string text;
};
struct WithPointer {
    int* pointer;
};
struct WithOwner {
    std::unique_ptr<int> owner;
};
struct WithShared {
    std::shared_ptr<int> shared;
};
struct Built {
    explicit Built(int) {}
};
struct WithBuilt {
    std::optional<Built> built;
};
class Hidden {
    [[maybe_unused]] int secret_ = 0;
};
struct WithChar {
    char letter;
};
union Either {
    int a;
    float b;
};

template <class... T>
constexpr bool kAllReadable = (Readable<T> && ...);
template <class... T>
constexpr bool kAllWritable = (Writable<T> && ...);
template <class... T>
constexpr bool kNoneWorks = ((!Readable<T> && !Writable<T>)&&...);

static_assert(kAllReadable<int, bool, double, std::string, shop::Item, Forty, Everything, Tree, shop::Box<int>>);
static_assert(kAllWritable<int, bool, double, std::string, shop::Item, Forty, Everything, Tree, WithView>);
static_assert(!Readable<WithView> && !Readable<std::string_view>);
static_assert(kNoneWorks<WithArray, WithBuffer, WithOneArray, int[3]>);
static_assert(kNoneWorks<Derived, DerivedEmpty>);
static_assert(kNoneWorks<int*, const char*, WithPointer, WithOwner, WithShared, std::unique_ptr<int>>);
static_assert(kNoneWorks<Built, WithBuilt, Hidden, std::vector<Hidden>, std::set<int>>);
static_assert(kNoneWorks<char, WithChar, Either, long double, std::map<int, int>>);
static_assert(kNoneWorks<std::variant<int, shop::Item>, std::variant<shop::Box<int>, shop::Box<int>>>);
static_assert(sizeof(Value) == 16);
static_assert(isTaggable<shop::Item> && !isTaggable<int> && !isTaggable<std::variant<shop::Item>>);

using detail::Direction, detail::Trouble, detail::troubleOf;
static_assert(troubleOf<WithPointer, Direction::Read>() == Trouble::Pointer);
static_assert(troubleOf<WithArray, Direction::Read>() == Trouble::CArray);
static_assert(troubleOf<Derived, Direction::Read>() == Trouble::BaseClass);
static_assert(troubleOf<WithBuilt, Direction::Write>() == Trouble::Constructor);
static_assert(troubleOf<std::vector<WithOwner>, Direction::Write>() == Trouble::MoveOnly);
static_assert(troubleOf<std::variant<shop::Box<int>, shop::Box<int>>, Direction::Write>() == Trouble::SameName);

TEST(JsonTypes, AStructIsCalledByItsUnqualifiedName) {
    struct Local {};
    EXPECT_EQ(typeName<shop::Item>(), "Item");
    EXPECT_EQ(typeName<shop::Cart::Emptied>(), "Emptied");
    EXPECT_EQ(typeName<Forty>(), "Forty");
    EXPECT_EQ(typeName<Local>(), "Local");
    EXPECT_EQ((typeName<shop::Box<shop::Box<shop::Item>>>()), "Box<Box<Item>>");
}

TEST(JsonTypes, MessageTypeInAStructIsItsName) { EXPECT_EQ(typeName<shop::Cart>(), "shopping-cart"); }

TEST(JsonTypes, FieldsOfManyTypesAndNumbersHaveNames) {
    struct Local {
        int localField;
    };
    EXPECT_EQ(write(Local{1}), R"({"localField":1})");
    EXPECT_EQ(write(shop::Box<int>{2}), R"({"content":2})");
    const auto forty = write(Forty{});
    EXPECT_NE(forty.find(R"("b9":0,"c0":"")"), std::string::npos);
    EXPECT_TRUE(forty.ends_with(R"("d9":""})"));
}

}  // namespace
}  // namespace patchbay::json
