// Keys that their owner changes, and the tokens that are remembered.
#include "Vectors.hpp"
#include "auth-jwt/Cache.hpp"
#include "auth-jwt/KeySource.hpp"
#include "support/Box.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace patchbay::auth_jwt {
namespace {

using namespace std::chrono_literals;
using test::Box;

TEST(KeySource, HasTheKeysOfFilesFromTheBeginningAndFetchesOthers) {
    KeySource source{readKeys(vectors::kP256Pem), "https://id.example", 1h, [](const std::string&) { return std::string{vectors::kJwks}; }};
    EXPECT_EQ(source.keys()->size(), 1U);
    EXPECT_FALSE(source.whenFetched([] {})) << "it has not been started";
    Box<bool> fetched;
    source.start();
    if (!source.whenFetched([&] { fetched.put(true); })) fetched.put(true);
    fetched.take();
    EXPECT_EQ(source.keys()->size(), 7U);
}

TEST(KeySource, KeepsTheKeysThatItHasWhereNoOthersAreToBeHad) {
    for (const std::string_view answer : {"", "{}", "no JSON", "throw"}) {
        std::atomic<int> asked{0};
        Box<bool> over;
        KeySource source{readKeys(vectors::kP256Pem), "https://id.example", 1h, [&](const std::string&) {
                             if (++asked == 1) over.put(true);
                             if (answer == "throw") throw std::runtime_error{"no route"};
                             return std::string{answer};
                         }};
        source.start();
        over.take();
        source.stop();
        EXPECT_EQ(source.keys()->size(), 1U);
        EXPECT_EQ(asked, 1) << "it does not try again at once";
    }
}

TEST(KeySource, IsNotAskedAgainByWhoeverNamesKeysThatDoNotExist) {
    std::atomic<int> asked{0};
    KeySource source{{}, "https://id.example", 1h, [&](const std::string&) {
                         ++asked;
                         return std::string{vectors::kJwks};
                     }};
    source.start();
    Box<bool> fetched;
    if (!source.whenFetched([&] { fetched.put(true); })) fetched.put(true);
    fetched.take();
    for (int i = 0; i < 100; ++i) source.whenFetched([] {});
    source.stop();
    EXPECT_LE(asked, 2);
}

TEST(KeySource, TellsWhoWaitsWhenItStops) {
    Box<bool> began, told;
    std::promise<void> goOn;
    KeySource source{{}, "https://id.example", 1h, [&](const std::string&) {
                         began.put(true);
                         goOn.get_future().wait();
                         return std::string{vectors::kJwks};
                     }};
    source.start();
    began.take();
    EXPECT_FALSE(source.hasStopped());
    EXPECT_TRUE(source.whenFetched([&] { told.put(source.hasStopped()); }));
    std::thread stopping{[&] { source.stop(); }};
    EXPECT_TRUE(told.take()) << "and it is known that no other keys come";
    EXPECT_FALSE(source.whenFetched([] {}));
    goOn.set_value();
    stopping.join();
}

TEST(Fetch, SaysWhatIsWrong) {
    EXPECT_THROW(fetch("nonsense://"), std::runtime_error);
    EXPECT_THROW(fetch("http://127.0.0.1:1/jwks.json"), std::runtime_error);
}

// ------------------------------------------------------------------------------------------------ what is remembered

Principal called(std::string name) { return {.name = std::move(name)}; }

TEST(Cache, ForgetsWhoWasNotSeenForLongest) {
    Cache cache{2};
    cache.put(hashOf("a"), called("a"), 10);
    cache.put(hashOf("b"), called("b"), 10);
    EXPECT_EQ(cache.find(hashOf("a"))->name, "a");
    cache.put(hashOf("c"), called("c"), 10);
    EXPECT_EQ(cache.find(hashOf("b")), nullptr);
    EXPECT_EQ(cache.find(hashOf("a"))->name, "a");
    EXPECT_EQ(cache.find(hashOf("c"))->name, "c");
    cache.put(hashOf("c"), called("d"), 20);
    EXPECT_EQ(cache.find(hashOf("c"))->name, "d");
    EXPECT_EQ(cache.size(), 2U);
    EXPECT_EQ(cache.bytes(), 30U);
    cache.clear();
    EXPECT_EQ(cache.find(hashOf("c")), nullptr);
    EXPECT_EQ(cache.bytes(), 0U);
}

TEST(Cache, HoldsSoManyBytesAndNoneWhereItMayHoldNone) {
    Cache cache{1'000'000};
    for (int i = 0; i < 2000; ++i) cache.put(hashOf(std::to_string(i)), called("x"), 16 * 1024);
    EXPECT_LE(cache.bytes(), Cache::kMostBytes);
    EXPECT_EQ(cache.size(), Cache::kMostBytes / (16 * 1024));
    cache.put(hashOf("large"), called("x"), Cache::kMostBytes + 1);
    EXPECT_EQ(cache.find(hashOf("large")), nullptr);
    Cache none{0};
    none.put(hashOf("a"), called("a"), 1);
    EXPECT_EQ(none.find(hashOf("a")), nullptr);
}

}  // namespace
}  // namespace patchbay::auth_jwt
