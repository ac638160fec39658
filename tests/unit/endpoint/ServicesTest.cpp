// Services by type, and constructors that get them.

#include <patchbay/services.hpp>

#include <gmock/gmock.h>

#include <string>

namespace patchbay {
namespace {

using testing::AllOf, testing::EndsWith, testing::HasSubstr;

struct Clock {
    int hour = 0;
};
struct Store {
    std::string name;
};
struct Mail {};

template <class Run>
std::string errorOf(Run run) {
    try {
        run();
    } catch (const MissingService& error) {
        return error.what();
    } catch (const std::invalid_argument& error) {
        return std::string{"invalid: "} + error.what();
    }
    return "no error";
}

/// Counts constructions.
struct Counted {
    static inline int made = 0;
    Counted(Clock& theClock, std::shared_ptr<Store> theStore) : clock{theClock}, store{std::move(theStore)} { ++made; }
    Clock& clock;
    std::shared_ptr<Store> store;
};

Services both() {
    Services services;
    services.provide(std::make_shared<Clock>(Clock{9}));
    services.provide(std::make_shared<Store>(Store{"shelf"}));
    return services;
}

TEST(Services, HandOutTheObjectThatWasProvided) {
    Services services;
    const auto clock = std::make_shared<Clock>();
    services.provide(clock);
    EXPECT_EQ(&services.get<Clock>(), clock.get());
    EXPECT_EQ(services.get<std::shared_ptr<Clock>>(), clock);
}

TEST(Services, KeepTheirObjectsAlive) {
    std::weak_ptr<Clock> watched;
    {
        Services services;
        auto clock = std::make_shared<Clock>();
        watched = clock;
        services.provide(std::move(clock));
        EXPECT_FALSE(watched.expired());
    }
    EXPECT_TRUE(watched.expired());
}

TEST(Services, AMissingOneIsNamed) {
    const Services services;
    EXPECT_THAT(errorOf([&] { services.get<Clock>(); }), EndsWith("Clock in its constructor and nothing provides one; call server.provide(...) before deploying"));
}

TEST(Services, TheSameTypeTwiceAndANullPointerAreRefused) {
    Services services = both();
    EXPECT_THAT(errorOf([&] { services.provide(std::make_shared<Clock>()); }),
                AllOf(HasSubstr("invalid"), HasSubstr("Clock is provided twice")));
    EXPECT_THAT(errorOf([&] { services.provide(std::shared_ptr<Mail>{}); }),
                AllOf(HasSubstr("invalid"), HasSubstr("Mail is a null pointer")));
}

TEST(Services, AScopeLooksIntoItsParentAfterItself) {
    const Services parent = both();
    Services scope{&parent};
    EXPECT_EQ(scope.get<Clock>().hour, 9);
    scope.provide(std::make_shared<Clock>(Clock{17}));
    EXPECT_EQ(scope.get<Clock>().hour, 17);
    EXPECT_EQ(parent.get<Clock>().hour, 9);
    EXPECT_EQ(Services{&scope}.get<Store>().name, "shelf");
}

TEST(Injection, AConstructorGetsReferencesAndSharedPointers) {
    const Services services = both();
    const auto made = detail::construct<Counted>(services);
    EXPECT_EQ(&made->clock, &services.get<Clock>());
    EXPECT_EQ(made->store, services.get<std::shared_ptr<Store>>());
}

TEST(Injection, EachConstructionIsANewObject) {
    const Services services = both();
    EXPECT_NE(detail::construct<Counted>(services), detail::construct<Counted>(services));
}

TEST(Injection, CheckingRunsNoConstructor) {
    Counted::made = 0;
    detail::checkServices<Counted>(both());
    EXPECT_EQ(Counted::made, 0);
}

TEST(Injection, CheckingNamesWhatIsMissing) {
    Services services;
    services.provide(std::make_shared<Clock>());
    Counted::made = 0;
    EXPECT_THAT(errorOf([&] { detail::checkServices<Counted>(services); }), HasSubstr("Store"));
    EXPECT_THAT(errorOf([&] { detail::construct<Counted>(services); }), HasSubstr("Store"));
    EXPECT_EQ(Counted::made, 0);
}

struct ReadOnly {
    explicit ReadOnly(const Clock& theClock, const std::shared_ptr<Store>& theStore) : clock{theClock}, store{theStore} {}
    const Clock& clock;
    std::shared_ptr<Store> store;
};

TEST(Injection, ConstReferencesAreFine) {
    const Services services = both();
    detail::checkServices<ReadOnly>(services);
    const auto made = detail::construct<ReadOnly>(services);
    EXPECT_EQ(&made->clock, &services.get<Clock>());
    EXPECT_EQ(made->store->name, "shelf");
}

struct ReadOnlyShare {
    explicit ReadOnlyShare(std::shared_ptr<const Store> theStore) : store{std::move(theStore)} {}
    std::shared_ptr<const Store> store;
};

TEST(Injection, ASharedPointerToConstIsFineToo) {
    const Services services = both();
    detail::checkServices<ReadOnlyShare>(services);
    EXPECT_EQ(detail::construct<ReadOnlyShare>(services)->store, services.get<std::shared_ptr<Store>>());
}

template <int>
struct Nth {};
struct Greedy {
    Greedy(Nth<1>&, Nth<2>&, Nth<3>&, Nth<4>&, Nth<5>&, Nth<6>&, Nth<7>&, Nth<8>&) {}
};

TEST(Injection, EightServicesAreTheMost) {
    static_assert(detail::serviceCount<Greedy>() == 8);
    Services services;
    EXPECT_THAT(errorOf([&] { detail::checkServices<Greedy>(services); }), HasSubstr("Nth<"));
    services.provide(std::make_shared<Nth<1>>());
    services.provide(std::make_shared<Nth<2>>());
    services.provide(std::make_shared<Nth<3>>());
    services.provide(std::make_shared<Nth<4>>());
    services.provide(std::make_shared<Nth<5>>());
    services.provide(std::make_shared<Nth<6>>());
    services.provide(std::make_shared<Nth<7>>());
    EXPECT_THAT(errorOf([&] { detail::checkServices<Greedy>(services); }), HasSubstr("Nth<8>"));
    services.provide(std::make_shared<Nth<8>>());
    EXPECT_NE(detail::construct<Greedy>(services), nullptr);
}

struct Plain {
    int number = 7;
    std::string text;
};
struct Both {
    Both() = default;
    explicit Both(Clock&) {}
    int number = 7;
};
struct Shares : std::enable_shared_from_this<Shares> {
    explicit Shares(Clock&) {}
};

TEST(Injection, AggregatesAndDefaultConstructorsGetNothing) {
    const Services none;
    detail::checkServices<Plain>(none);
    detail::checkServices<Both>(none);
    EXPECT_EQ(detail::construct<Plain>(none)->number, 7);
    EXPECT_EQ(detail::construct<Both>(none)->number, 7);
}

TEST(Injection, AClassMayShareItself) {
    const Services services = both();
    const auto made = detail::construct<Shares>(services);
    EXPECT_EQ(made->shared_from_this(), made);
}

struct NeedsNumber {
    explicit NeedsNumber(int);
};
struct HasReference {
    Clock& clock;
};
static_assert(detail::serviceCount<NeedsNumber>() == -1);
struct NeedsPointer {
    explicit NeedsPointer(Clock*);
};
static_assert(detail::serviceCount<NeedsPointer>() == -1);
static_assert(detail::serviceCount<HasReference>() == -1, "a field is not injected");

TEST(Injection, WhatTheConstructorThrowsComesThrough) {
    struct Broken {
        explicit Broken(Clock&) { throw std::runtime_error{"broken"}; }
    };
    EXPECT_THROW(detail::construct<Broken>(both()), std::runtime_error);
    EXPECT_NO_THROW(detail::checkServices<Broken>(both()));
}

}  // namespace
}  // namespace patchbay
