// Where an error goes and what becomes of the session, the table at the head of Dispatcher.hpp.
// Source: Jakarta WebSocket §4.3, §4.5, §4.7, §5.2.2

#include "support/CapturedLog.hpp"
#include "support/Conversation.hpp"

#include <gmock/gmock.h>

#include <ostream>

namespace patchbay::test {
namespace {

using endpoint::Outcome;
using testing::AllOf, testing::AnyOf, testing::ElementsAre, testing::HasSubstr, testing::IsEmpty, testing::SizeIs;

enum class Thrown { Exception, Decode, TooBig, Number, Closed, Refusal };
enum class ErrorHandler { Takes, None, Throws };

[[noreturn]] void raise(Thrown thrown) {
    if (thrown == Thrown::Exception) throw std::logic_error{"oh"};
    if (thrown == Thrown::Decode) throw DecodeError{"seat", "oh"};
    if (thrown == Thrown::Closed) throw SessionClosed{"send"};
    if (thrown == Thrown::Refusal) throw Refused{"full", "oh"};
    if (thrown == Thrown::TooBig) throw MessageTooBig{"oh"};
    throw 42;
}

/// An endpoint whose handlers throw what `thrown` says, once it says something.
template <ErrorHandler>
class Thrower {
    SERVER_ENDPOINT(Thrower, "/")
public:
    std::optional<Thrown> thrown;
    std::vector<std::string> errors;

    ON_OPEN(opened)
    void opened() { raiseIt(); }
    ON_MESSAGE(text)
    void text(std::string_view) { raiseIt(); }
    ON_CLOSE(closed)
    void closed() { raiseIt(); }

protected:
    void raiseIt() const {
        if (thrown) raise(*thrown);
    }
};

class Taking : public Thrower<ErrorHandler::Takes> {
    SERVER_ENDPOINT(Taking, "/")
    ON_OPEN(opened)
    ON_MESSAGE(text)

    ON_CLOSE(closed)
    ON_ERROR(failed)
    void failed(const std::exception& error) { errors.emplace_back(error.what()); }
};

class Failing : public Thrower<ErrorHandler::Throws> {
    SERVER_ENDPOINT(Failing, "/")
    ON_OPEN(opened)
    ON_MESSAGE(text)

    ON_CLOSE(closed)
    ON_ERROR(failed)
    void failed(const std::exception& error) {
        errors.emplace_back(error.what());
        throw std::runtime_error{"the error handler is broken"};
    }
};

enum class Where { Open, Message, Close, Task, Outside };

template <class Endpoint>
Outcome callAt(Where where, Conversation<Endpoint>& conversation, Thrown thrown) {
    const auto& deployed = conversation.deployed();
    const Session session = conversation.session();
    const std::vector<std::string> path;
    const detail::Call call{session, path};
    void* instance = &conversation.instance();
    json::Document document;
    const CloseReason reason{CloseCode::Normal, "", CloseCause::Peer};
    endpoint::Run run;
    switch (where) {
        case Where::Open: return deployed.code->dispatcher.open(instance, {call, deployed.config}, run);
        case Where::Message:
            return deployed.code->dispatcher.message(MessageKind::Text, instance,
                                               {call, asBytes("x"), 0, document, nullptr, deployed.format, 1}, run);
        case Where::Close: deployed.code->dispatcher.close(instance, {call, reason}, run); break;
        case Where::Task: {
            Task task{[&] { raise(thrown); }};
            return deployed.code->dispatcher.task(instance, call, task, run);
        }
        case Where::Outside:
            try {
                raise(thrown);
            } catch (...) {
                return deployed.code->dispatcher.error(instance, call, std::current_exception(), run);
            }
    }
    return Outcome::Fine;
}

struct Row {
    Thrown thrown;
    ErrorHandler handler;
    Outcome outcome;
    const char* seen;    // by the error handler; nullptr: not called
    const char* logged;  // nullptr: nothing
};

constexpr const char* kUnknown = "a handler threw something that is no std::exception";
constexpr const char* kBroken = "the error handler threw std::runtime_error: the error handler is broken";

const Row kRows[] = {
    {Thrown::Exception, ErrorHandler::Takes, Outcome::Fine, "oh", nullptr},
    {Thrown::Decode, ErrorHandler::Takes, Outcome::Fine, "seat: oh", nullptr},
    {Thrown::TooBig, ErrorHandler::Takes, Outcome::CloseTooBig, "oh", nullptr},
    {Thrown::Number, ErrorHandler::Takes, Outcome::Fine, kUnknown, nullptr},
    {Thrown::Closed, ErrorHandler::Takes, Outcome::Fine, "send: the session is closed", nullptr},
    {Thrown::Exception, ErrorHandler::None, Outcome::CloseFailed, nullptr, " threw std::logic_error: oh"},
    {Thrown::Decode, ErrorHandler::None, Outcome::Fine, nullptr, " threw patchbay::DecodeError: seat: oh"},
    {Thrown::TooBig, ErrorHandler::None, Outcome::CloseTooBig, nullptr, " threw patchbay::MessageTooBig: oh"},
    {Thrown::Number, ErrorHandler::None, Outcome::CloseFailed, nullptr, " threw something that is no std::exception"},
    {Thrown::Closed, ErrorHandler::None, Outcome::Fine, nullptr,
     " threw patchbay::SessionClosed: send: the session is closed"},
    {Thrown::Exception, ErrorHandler::Throws, Outcome::Fine, "oh", kBroken},
    {Thrown::Decode, ErrorHandler::Throws, Outcome::Fine, "seat: oh", kBroken},
    {Thrown::TooBig, ErrorHandler::Throws, Outcome::CloseTooBig, "oh", kBroken},
    {Thrown::Number, ErrorHandler::Throws, Outcome::Fine, kUnknown, kBroken},
    {Thrown::Refusal, ErrorHandler::Takes, Outcome::Fine, "full: oh", nullptr},
    {Thrown::Refusal, ErrorHandler::None, Outcome::CloseFailed, nullptr, " threw patchbay::Refused: full: oh"},
    {Thrown::Refusal, ErrorHandler::Throws, Outcome::Fine, "full: oh", kBroken},
};

/// Whatever leaves the open handler closes, and what is thrown while closing changes nothing any more.
Outcome expectedOf(const Row& row, Where where) {
    if (where == Where::Close) return Outcome::Fine;
    if (where != Where::Open) return row.outcome;
    return row.thrown == Thrown::Refusal ? Outcome::CloseRefused : Outcome::CloseFailed;
}

std::string wordFor(Where where) {
    switch (where) {
        case Where::Open: return "the open handler";
        case Where::Message: return "a message handler";
        case Where::Close: return "the close handler";
        case Where::Task: return "a task";
        case Where::Outside: return "the session";
    }
    return {};
}

template <class Endpoint>
void check(const Row& row, Where where) {
    Conversation<Endpoint> conversation;
    const CapturedLog log;
    conversation.instance().thrown = row.thrown;
    const Outcome outcome = callAt(where, conversation, row.thrown);
    EXPECT_EQ(outcome, expectedOf(row, where));
    if (row.seen) {
        EXPECT_THAT(conversation.instance().errors, ElementsAre(row.seen));
    } else {
        EXPECT_THAT(conversation.instance().errors, IsEmpty());
    }
    if (!row.logged) {
        EXPECT_THAT(log.lines(), IsEmpty());
    } else {
        const std::string start = row.handler == ErrorHandler::None ? wordFor(where) : "";
        EXPECT_EQ(log.lines(), std::vector{conversation.deployed().config.className + ": " + start + row.logged});
    }
}

class ErrorRouting : public testing::TestWithParam<std::tuple<Row, Where>> {};

TEST_P(ErrorRouting, FollowsTheTable) {
    const auto& [row, where] = GetParam();
    switch (row.handler) {
        case ErrorHandler::Takes: return check<Taking>(row, where);
        case ErrorHandler::None: return check<Thrower<ErrorHandler::None>>(row, where);
        case ErrorHandler::Throws: return check<Failing>(row, where);
    }
}

std::string nameOf(const testing::TestParamInfo<std::tuple<Row, Where>>& info) {
    constexpr const char* kThrown[] = {"AnException", "ADecodeError", "ATooBigMessage", "ANumber", "ASessionClosed", "ARefusal"};
    constexpr const char* kHandler[] = {"GoesToTheErrorHandler", "WithoutErrorHandlerIsLogged", "WithAnErrorHandlerThatThrows"};
    constexpr const char* kWhere[] = {"Open", "Message", "Close", "ATask", "Outside"};
    const auto& [row, where] = info.param;
    return std::string{kThrown[static_cast<int>(row.thrown)]} + "In" + kWhere[static_cast<int>(where)] +
           kHandler[static_cast<int>(row.handler)];
}

INSTANTIATE_TEST_SUITE_P(Table, ErrorRouting,
                         testing::Combine(testing::ValuesIn(kRows), testing::Values(Where::Open, Where::Message, Where::Close,
                                                                                    Where::Task, Where::Outside)),
                         nameOf);

/// Its peer leaves while it is being answered: the carrier knows, the session does not yet.
class LeavingCarrier final : public Carrier {
public:
    SendStatus send(MessageKind, Bytes) noexcept override { return SendStatus::Closed; }
    SendStatus ping(Bytes) noexcept override { return SendStatus::Closed; }
    std::size_t queuedBytes() const noexcept override { return 0; }
    void close(CloseCode, std::string_view) noexcept override {}
    void closeNow(CloseCode, std::string_view) noexcept override {}
};

class Answering {
    SERVER_ENDPOINT(Answering, "/")
public:
    ON_MESSAGE(answer)
    std::string_view answer(std::string_view text) { return text; }
};

// It was counted as a handler that failed, with an error in the log, as often as a client liked.
TEST(ErrorRoutingInASession, APeerThatLeavesWhileItIsAnsweredIsAConnectionLostAndNoMistakeOfTheHandler) {
    Conversation<Answering> conversation{{}, std::make_unique<LeavingCarrier>()};
    const CapturedLog log;
    conversation.text("are you there?");
    EXPECT_FALSE(conversation.session().isOpen());
    EXPECT_EQ(conversation.deployed().server->closes.of(CloseCause::ConnectionLost), 1u);
    EXPECT_EQ(conversation.deployed().server->closes.of(CloseCause::HandlerFailed), 0u);
    EXPECT_THAT(log.lines(), Each(AnyOf(HasSubstr("threw patchbay::SessionClosed"), HasSubstr("closed: connection-lost"))));  // at debug level
}

class Counting {
    SERVER_ENDPOINT(Counting, "/counting")
public:
    ON_MESSAGE(count)
    void count(int) {}
};

// A peer's text may end a line and begin one that looks like the log's own.
TEST(ErrorRoutingInASession, WhatAPeerSentAndSaidStaysInOneLineOfTheLog) {
    Conversation<Counting> conversation;
    const CapturedLog log;
    conversation.text("1\ninfo /counting: all is well\x1b[2K");
    EXPECT_THAT(log.lines(), ElementsAre(AllOf(HasSubstr("1\\ninfo /counting: all is well\\x1b[2K"), testing::Not(HasSubstr("\n")))));
}

TEST(ErrorRoutingInASession, WithoutAnErrorHandlerTheSessionClosesWith1011AndTheTextStaysHere) {
    const CapturedLog log;
    Conversation<Thrower<ErrorHandler::None>> conversation;
    conversation.instance().thrown = Thrown::Exception;
    conversation.text("x");
    EXPECT_EQ(conversation.peer().closed, CloseCode::InternalError);
    EXPECT_EQ(conversation.peer().closeText, "internal error");
}

TEST(ErrorRoutingInASession, ADecodeErrorAloneDoesNotClose) {
    const CapturedLog log;
    Conversation<Thrower<ErrorHandler::None>> conversation;
    conversation.instance().thrown = Thrown::Decode;
    conversation.text("x");
    EXPECT_TRUE(conversation.session().isOpen());
    EXPECT_THAT(log.lines(), SizeIs(1));
}

TEST(ErrorRoutingInASession, ACloseHandlerThatThrowsGoesToTheErrorHandlerOnce) {
    Conversation<Taking> conversation;
    conversation.instance().thrown = Thrown::Exception;
    auto instance = &conversation.instance();
    conversation.leave();
    EXPECT_THAT(instance->errors, ElementsAre("oh"));
}

TEST(ErrorRoutingInASession, OfWhatFailsAConnectionOnlyATooBigMessageGoesToTheErrorHandler) {
    const CapturedLog log;
    for (const CloseCause cause : {CloseCause::TooBig, CloseCause::Protocol, CloseCause::InvalidText}) {
        Conversation<Taking> conversation;
        auto instance = &conversation.instance();
        conversation.fail(cause, "the rule");
        EXPECT_EQ(instance->errors.size(), cause == CloseCause::TooBig ? 1U : 0U) << name(cause);
        EXPECT_EQ(conversation.deployed().server->closes.of(cause), 1u) << name(cause);
    }
}

// ------------------------------------------------------------------------------------------------ an open handler that fails

/// Lets nobody in, and has an error handler that takes everything.
class Bouncer {
    SERVER_ENDPOINT(Bouncer, "/{seat}")
public:
    std::vector<std::string> errors;
    int opened = 0;

    ON_OPEN(enter)
    void enter(PathParam<"seat", int> seat) {
        ++opened;
        if (seat.value == 1) throw DecodeError{"seat", "is taken"};
        if (seat.value == 2) throw SessionClosed{"send"};
        if (seat.value == 3) throw 42;
        if (seat.value == 4) throw Refused{"full", "all seats are taken"};
        if (seat.value == 5) throw Refused{"full"};
    }
    ON_MESSAGE(said)
    std::string_view said(std::string_view text) { return text; }
    ON_ERROR(failed)
    void failed(const std::exception& error) { errors.emplace_back(error.what()); }
};

struct Turned {
    const char* seat;
    const char* error;
    CloseCode code;
    const char* text;
};

TEST(AnOpenHandlerThatFails, KeepsItsPeerOutAlsoWhenTheErrorHandlerTakesWhatItThrew) {
    for (const Turned& turned : {Turned{"one", "seat: 'one' is not a whole number", CloseCode::InternalError, "internal error"},
                                 {"1", "seat: is taken", CloseCode::InternalError, "internal error"},
                                 {"2", "send: the session is closed", CloseCode::InternalError, "internal error"},
                                 {"3", kUnknown, CloseCode::InternalError, "internal error"},
                                 {"4", "full: all seats are taken", CloseCode::PolicyViolation, "full"},
                                 {"5", "full", CloseCode::PolicyViolation, "full"}}) {
        Conversation<Bouncer> conversation{{turned.seat}};
        EXPECT_FALSE(conversation.session().isOpen()) << turned.seat;
        EXPECT_THAT(conversation.instance().errors, ElementsAre(turned.error));
        EXPECT_EQ(conversation.peer().closed, turned.code) << turned.seat;
        EXPECT_EQ(conversation.peer().closeText, turned.text) << turned.seat;
        conversation.text("let me in");
        EXPECT_THAT(conversation.peer().texts, IsEmpty()) << turned.seat;
    }
}

TEST(AnOpenHandlerThatFails, IsCountedByItsCause) {
    const Conversation<Bouncer> failed{{"3"}};
    EXPECT_EQ(failed.deployed().server->closes.of(CloseCause::HandlerFailed), 1u);
    const Conversation<Bouncer> refused{{"4"}};
    EXPECT_EQ(refused.deployed().server->closes.of(CloseCause::Policy), 1u);
}

// ------------------------------------------------------------------------------------------------ the handler's choice

struct Odd : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Chooser {
    SERVER_ENDPOINT(Chooser, "/")
public:
    std::vector<std::string> taken;

    ON_ERROR(pointer)
    void pointer(std::exception_ptr) { taken.emplace_back("exception_ptr"); }
    ON_ERROR(runtime)
    void runtime(const std::runtime_error&) { taken.emplace_back("runtime_error"); }
    ON_ERROR(decode)
    void decode(const DecodeError&) { taken.emplace_back("DecodeError"); }
    ON_ERROR(logic)
    void logic(const std::logic_error&) { taken.emplace_back("logic_error"); }
    ON_ERROR(range)
    void range(const std::out_of_range&) { taken.emplace_back("out_of_range"); }

    template <class E>
    std::string takes(const E& error) {
        return takenBy(std::make_exception_ptr(error));
    }
    std::string takenBy(std::exception_ptr error) {
        taken.clear();
        const Conversation<Chooser> conversation;
        const Session session = conversation.session();
        detail::Running running;
        detail::makeModel<Chooser>().onError(this, {{session, {}}, std::move(error)}, running);
        return taken.size() == 1 ? taken[0] : std::to_string(taken.size()) + " handlers";
    }
};

TEST(ErrorHandlerChoice, TheMostSpecificExceptionTypeWinsWhateverTheirOrder) {
    Chooser chooser;
    EXPECT_EQ(chooser.takes(DecodeError{"", "x"}), "DecodeError");
    EXPECT_EQ(chooser.takes(std::runtime_error{"x"}), "runtime_error");
    EXPECT_EQ(chooser.takes(Odd{"x"}), "runtime_error");
    EXPECT_EQ(chooser.takes(std::out_of_range{"x"}), "out_of_range");
    EXPECT_EQ(chooser.takes(std::invalid_argument{"x"}), "logic_error");
}

TEST(ErrorHandlerChoice, ExceptionPtrTakesWhatNobodyElseDoes) {
    Chooser chooser;
    EXPECT_EQ(chooser.takes(std::bad_alloc{}), "exception_ptr");
}

TEST(ErrorHandlerChoice, WhatIsNoExceptionCountsAsUnknownError) {
    Chooser chooser;
    EXPECT_EQ(chooser.takes(42), "runtime_error");  // of which UnknownError is one
}

class UnknownTaker {
    SERVER_ENDPOINT(UnknownTaker, "/")
public:
    std::vector<std::string> taken;

    ON_MESSAGE(text)
    void text(std::string_view text) {
        if (text == "number") throw 42;
        throw Odd{"odd"};
    }
    ON_ERROR(any)
    void any(const std::exception& error) { taken.emplace_back(error.what()); }
    ON_ERROR(unknown)
    void unknown(const UnknownError&) { taken.emplace_back("UnknownError"); }
};

TEST(ErrorHandlerChoice, AHandlerForUnknownErrorTakesWhatIsNoException) {
    Conversation<UnknownTaker> conversation;
    conversation.text("number");
    conversation.text("odd");
    EXPECT_THAT(conversation.instance().taken, ElementsAre("UnknownError", "odd"));
}

class Picky {
    SERVER_ENDPOINT(Picky, "/")
public:
    int taken = 0;

    ON_MESSAGE(text)
    void text(std::string_view) { throw std::runtime_error{"not mine"}; }
    ON_ERROR(failed)
    void failed(const DecodeError&) { ++taken; }
};

TEST(ErrorHandlerChoice, WhatNoErrorHandlerFitsIsLoggedAndCloses) {
    const CapturedLog log;
    Conversation<Picky> conversation;
    conversation.text("x");
    EXPECT_EQ(conversation.peer().closed, CloseCode::InternalError);
    ASSERT_FALSE(log.lines().empty());
    EXPECT_THAT(log.lines()[0], HasSubstr("a message handler threw std::runtime_error: not mine"));
}

class Seat {
    SERVER_ENDPOINT(Seat, "/{seat}")
public:
    ON_MESSAGE(text)
    void text(std::string_view) { throw std::runtime_error{"oh"}; }
    ON_ERROR(failed)
    void failed(const std::exception&, PathParam<"seat", int>) {}
};

TEST(ErrorHandlerChoice, APathParameterOfTheErrorHandlerThatDoesNotConvertIsLogged) {
    const CapturedLog log;
    Conversation<Seat> conversation{{"seven"}};
    conversation.text("x");
    EXPECT_TRUE(conversation.session().isOpen());
    EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("the error handler threw patchbay::DecodeError: seat: 'seven'")));
}

}  // namespace
}  // namespace patchbay::test
