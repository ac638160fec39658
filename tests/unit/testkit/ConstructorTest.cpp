// What the constructor of an endpoint class gets, when it is called, and what becomes of what it throws.

#include "support/CapturedLog.hpp"

#include <patchbay/annotations.hpp>
#include <patchbay/testkit.hpp>
#include <patchbay/topics.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>

namespace patchbay::testkit {
namespace {

using test::CapturedLog;
using testing::Contains, testing::ElementsAre, testing::HasSubstr, testing::IsEmpty;

std::vector<std::string> calls;

/// As a Java class has it: who it talks to is a field.
class Talk {
    SERVER_ENDPOINT(Talk, "/talk/{room}/{seat}")
public:
    Talk(PathParam<"seat", int> seat, Session session, Topics& topics, const PathParam<"room">& room)
        : session_{std::move(session)}, room_{room}, topics_{topics} {
        calls.push_back("constructed at " + room_ + ", " + std::to_string(seat));
        if (seat < 0) throw patchbay::Refused{"no such seat"};
        if (seat > 99) throw std::runtime_error{"too far away"};
        if (seat == 99) session_.close();
        session_.trySend("welcome");
    }
    ON_OPEN(opened)
    void opened(Session session) {
        calls.emplace_back(session == session_ ? "opened" : "another's session");
        topics_.subscribe(session_, room_);
    }
    ON_MESSAGE(said)
    void said(std::string_view text) { topics_.publish(room_, text); }
    ON_CLOSE(left)
    void left() { calls.emplace_back("closed"); }
    ON_ERROR(failed)
    void failed(const std::exception&) { calls.emplace_back("failed"); }

private:
    Session session_;
    std::string room_;
    Topics& topics_;
};

/// Needs no session: constructed while the handshake can still be refused.
class Seat {
    SERVER_ENDPOINT(Seat, "/seat/{number}")
public:
    explicit Seat(PathParam<"number", int> number) : number_{number} {
        if (number == 13) throw DecodeError{"ledger", "key hunter2 does not fit"};
    }
    ON_MESSAGE(ask)
    int ask(std::string_view) { return number_; }

private:
    int number_;
};

class Blocking {
    SERVER_ENDPOINT(Blocking, "/blocking", .dispatch = Worker)
public:
    explicit Blocking(const Session& session) : session_{session} {}
    ON_MESSAGE(said)
    void said(std::string_view text) { session_.send(text); }

private:
    Session session_;
};

class Constructors : public ::testing::Test {
protected:
    Constructors() {
        calls.clear();
        server.deploy<Talk>();
        server.deploy<Seat>();
        server.deploy<Blocking>();
    }
    TestServer server;
};

TEST_F(Constructors, GetSessionPathAndServicesInAnyOrderBeforeTheOpenHandler) {
    Peer& ann = server.connect("/talk/a%20room/7");
    EXPECT_EQ(ann.takeText(), "welcome");
    Peer& bob = server.connect("/talk/a%20room/8");
    EXPECT_EQ(bob.takeText(), "welcome");
    bob.send("hello");
    EXPECT_EQ(ann.takeText(), "hello");
    ann.close();
    server.settle();
    EXPECT_THAT(calls, ElementsAre("constructed at a room, 7", "opened", "constructed at a room, 8", "opened", "closed"));
}

TEST_F(Constructors, ThatThrowCloseTheSessionAndNoHandlerIsCalled) {
    const CapturedLog log;
    EXPECT_EQ(server.connect("/talk/x/100").closed()->code, CloseCode::InternalError);
    const Peer& refused = server.connect("/talk/x/-1");
    EXPECT_EQ(refused.closed()->code, CloseCode::PolicyViolation);
    EXPECT_EQ(refused.closed()->text, "no such seat");
    EXPECT_EQ(server.connect("/talk/x/nine").closed()->code, CloseCode::InternalError);
    EXPECT_THAT(calls, ElementsAre("constructed at x, 100", "constructed at x, -1"));
    EXPECT_THAT(log.lines(), Contains(HasSubstr("the constructor threw std::runtime_error: too far away")));
}

TEST_F(Constructors, MayCloseTheSession) {
    EXPECT_EQ(server.connect("/talk/x/99").closed()->code, CloseCode::Normal);
    EXPECT_THAT(calls, ElementsAre("constructed at x, 99"));
}

TEST_F(Constructors, WithoutASessionTakePartInTheHandshake) {
    Peer& peer = server.connect("/seat/12");
    peer.send("?");
    EXPECT_EQ(peer.takeText(), "12");
    try {
        server.connect("/seat/twelve");
        FAIL() << "admitted";
    } catch (const Refused& refusal) {
        EXPECT_EQ(refusal.status(), 400);
        EXPECT_EQ(refusal.body(), "number: 'twelve' is not a whole number\n");
    }
    const CapturedLog log;
    try {
        server.connect("/seat/13");
        FAIL() << "admitted";
    } catch (const Refused& refusal) {
        EXPECT_EQ(refusal.status(), 500);
        EXPECT_EQ(refusal.body().find("hunter2"), std::string::npos) << "what a constructor throws is not for the client";
    }
    EXPECT_THAT(log.lines(), Contains(HasSubstr("hunter2")));
}

TEST_F(Constructors, GetTheSessionAlsoWhereHandlersMayBlock) {
    Peer& peer = server.connect("/blocking");
    peer.send("hello");
    server.settle();
    EXPECT_EQ(peer.takeText(), "hello");
}

template <class Service>  // a template, since other tests here deploy whatever is registered
class Unprovided {
    SERVER_ENDPOINT(Unprovided, "/unprovided/{x}")
public:
    Unprovided(Session, PathParam<"x">, Service&) {}
};

TEST_F(Constructors, WhatIsMissingIsToldWhenDeploying) {
    try {
        server.deploy<Unprovided<std::vector<double>>>();
        FAIL() << "deployed";
    } catch (const DeploymentError& error) {
        EXPECT_THAT(error.what(), HasSubstr("vector<double"));
    }
}

template <std::size_t Alignment>
class Aligned {
    SERVER_ENDPOINT(Aligned, "/aligned")
public:
    ON_MESSAGE(ask)
    bool ask(std::string_view) { return reinterpret_cast<std::uintptr_t>(this) % Alignment == 0; }

private:
    alignas(Alignment) std::array<char, 3> data_{};
};

TEST_F(Constructors, AreCalledWhereTheirClassIsAligned) {
    const auto isAligned = [this] {
        Peer& peer = server.connect("/aligned");
        peer.send("?");
        return peer.takeText();
    };
    server.deploy<Aligned<16>>();
    EXPECT_EQ(isAligned(), "true");
    server.undeploy("/aligned");
    server.deploy<Aligned<128>>();
    EXPECT_EQ(isAligned(), "true");
}

/// Its destructor is called as often as its constructor has returned.
template <class Base>
class Counted : public Base {
    SERVER_ENDPOINT(Counted, "/counted/{number}")
public:
    explicit Counted(PathParam<"number", int> number) {
        if (number < 0) throw std::runtime_error{"no such number"};
        ++alive;
    }
    Counted(const Counted&) = delete;
    ~Counted() { --alive; }

    static inline int alive = 0;
};
struct NothingMore {};
class Sharing : public std::enable_shared_from_this<Sharing> {};

template <class Class>
void expectToBeDestroyedOnce(TestServer& server) {
    server.deploy<Class>();
    EXPECT_THROW(server.connect("/counted/-1"), Refused);
    EXPECT_EQ(Class::alive, 0);
    Peer& peer = server.connect("/counted/1");
    EXPECT_EQ(Class::alive, 1);
    peer.close();
    server.settle();
    EXPECT_EQ(Class::alive, 0);
    server.undeploy("/counted/{number}");
}

TEST_F(Constructors, AreFollowedByOneDestructorUnlessTheyThrow) {
    expectToBeDestroyedOnce<Counted<NothingMore>>(server);
    expectToBeDestroyedOnce<Counted<Sharing>>(server);
}

}  // namespace
}  // namespace patchbay::testkit
