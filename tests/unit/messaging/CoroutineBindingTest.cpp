// Handlers that are coroutines, from a message to its answer: what they take along, and when what they return is sent.

#include "support/Conversation.hpp"
#include "support/CountedAllocations.hpp"
#include "support/HandStrand.hpp"

#include <patchbay/annotations.hpp>
#include <patchbay/async.hpp>

#include <gmock/gmock.h>

#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace patchbay::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre, ::testing::IsEmpty;

const std::string kLong = "a text that is longer than what a string holds in itself";

struct Say {
    std::string text;
    std::vector<std::string> words;
};
struct Ask {
    int number;
};
struct Wave {};
struct Nod {};
struct Reply {
    std::string text;
};

class Endpoint {
    SERVER_ENDPOINT(Endpoint, "/{room}/{seat}")
public:
    std::vector<std::string> notes;

    ON_OPEN(opened)
    Async<void> opened(Session session, PathParam<"room"> room, EndpointConfig config) {
        co_await sleepFor(1ms);
        notes.push_back("opened " + std::to_string(session.id()) + " " + std::string{room.value} + " " + config.path);
    }

    ON_MESSAGE(said)
    Async<Reply> said(Say say, PathParam<"room"> room, Session) {
        co_await sleepFor(1ms);
        co_return Reply{std::string{room.value} + ": " + say.text};
    }
    ON_MESSAGE(asked)
    Async<std::optional<Reply>> asked(const Ask ask) {
        if (ask.number < 0) throw std::out_of_range{"below nothing"};
        if (ask.number == 0) co_return std::nullopt;
        co_return Reply{std::to_string(ask.number)};
    }
    ON_MESSAGE(signalled)
    Async<void> signalled(std::variant<Wave, Nod> sign, PathParam<"seat", int> seat) {
        co_await sleepFor(1ms);
        notes.push_back((sign.index() == 0 ? "wave " : "nod ") + std::to_string(seat.value));
    }
    ON_MESSAGE(text)
    Async<std::string> text(std::string text) {
        co_await sleepFor(1ms);
        co_return text + "!";
    }
    ON_MESSAGE(bytes)
    Async<std::vector<std::byte>> bytes(std::vector<std::byte> bytes) {
        co_await sleepFor(1ms);
        bytes.push_back(std::byte{'!'});
        co_return bytes;
    }

    ON_CLOSE(closed)
    Async<void> closed(CloseReason reason) {
        co_await sleepFor(1ms);
        notes.push_back("closed " + reason.text());
    }

    ON_ERROR(failed)
    Async<void> failed(std::exception_ptr error, Session) {
        co_await sleepFor(1ms);
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& known) {
            notes.push_back(std::string{"failed "} + known.what());
        }
    }
    ON_ERROR(misread)
    void misread(const DecodeError&) { notes.emplace_back("misread"); }
};

/// The functions of an endpoint's model, called as a session calls them.
class CoroutineBinding : public ::testing::Test {
protected:
    /// The strand that the model's functions are given.
    class On {
    public:
        explicit On(detail::Strand& strand) noexcept { strand_ = &strand; }
        On(const On&) = delete;
        ~On() { strand_ = nullptr; }
        static detail::Strand& strand(const Session&) { return *strand_; }

    private:
        static inline detail::Strand* strand_ = nullptr;
    };
    detail::Call call() const { return {session_, path, &detail::runningHere(), &On::strand}; }

    /// The message is gone when the handler's coroutine waits; the path is the session's.
    detail::Running onText(detail::Strand& strand, std::string payload) {
        const On on{strand};
        const detail::MessageCall message{call(), asBytes(payload), 0, document_, scratch_.get(), format_, 64_KiB};
        return onLoop([&] { return model_.onText(&endpoint, message); });
    }
    detail::Running onBinary(detail::Strand& strand, std::string payload) {
        const On on{strand};
        const detail::MessageCall message{call(), asBytes(payload), 0, document_, scratch_.get(), format_, 64_KiB};
        return onLoop([&] { return model_.onBinary(&endpoint, message); });
    }
    detail::Running onError(detail::Strand& strand, std::exception_ptr error) {
        const On on{strand};
        detail::Running running;
        EXPECT_TRUE(model_.onError(&endpoint, {call(), std::move(error)}, running));
        return running;
    }
    auto text(std::string payload) {
        return [this, payload = std::move(payload)](detail::Strand& strand) { return onText(strand, payload); };
    }
    auto binary(std::string payload) {
        return [this, payload = std::move(payload)](detail::Strand& strand) { return onBinary(strand, payload); };
    }
    auto error(std::exception_ptr error) {
        return [this, error = std::move(error)](detail::Strand& strand) { return onError(strand, error); };
    }
    /// How the handler ends; what it returns is sent.
    template <class Begin>
    std::string outcomeOf(Begin begin) {
        Handler handler{std::move(begin)};
        handler.advance(1s);
        std::string outcome;
        conversation_.loop().turnWith([&] { outcome = handler.outcome(session_); });
        return outcome;
    }
    const Received& peer() const { return conversation_.peer(); }
    const detail::EndpointModel& model() const { return model_; }
    const Session& session() const { return session_; }

    Endpoint endpoint;
    std::vector<std::string> path{"lobby", "7"};

private:
    template <class Call>
    detail::Running onLoop(Call call) {
        detail::Running running;
        std::exception_ptr thrown;
        conversation_.loop().turnWith([&] {
            try {
                running = call();
            } catch (...) {
                thrown = std::current_exception();
            }
        });
        if (thrown) std::rethrow_exception(thrown);
        return running;
    }

    class Bystander {
        SERVER_ENDPOINT(Bystander, "/")
        ON_OPEN(opened)
        void opened() {}
    };
    Conversation<Bystander> conversation_;
    const Session session_ = conversation_.session();
    const detail::EndpointModel model_ = detail::makeModel<Endpoint>();
    const std::shared_ptr<void> scratch_ = model_.newScratch();
    json::Document document_;
    const detail::WireFormat format_{{}, true};
};

TEST_F(CoroutineBinding, AStructIsTheHandlersOwnAndWhatItReturnsIsSentWhenItIsDone) {
    Handler handler{text(R"({"type":"Say","text":")" + kLong + R"(","words":["a","b"]})")};
    EXPECT_FALSE(handler.done());
    EXPECT_THAT(peer().texts, IsEmpty());
    // The next one is decoded into the same object meanwhile.
    EXPECT_EQ(outcomeOf(text(R"({"type":"Say","text":"second","words":[]})")), "fine");
    handler.advance(1s);
    EXPECT_TRUE(handler.done());
    EXPECT_EQ(handler.outcome(session()), "fine");
    EXPECT_EQ(outcomeOf(text(R"({"type":"Say","text":"third","words":["c"]})")), "fine");
    EXPECT_THAT(peer().texts, ElementsAre(R"({"type":"Reply","text":"lobby: second"})", R"({"type":"Reply","text":"lobby: )" + kLong + R"("})",
                                          R"({"type":"Reply","text":"lobby: third"})"));
}

TEST_F(CoroutineBinding, AnEmptyOptionalSendsNothing) {
    EXPECT_EQ(outcomeOf(text(R"({"type":"Ask","number":0})")), "fine");
    EXPECT_THAT(peer().texts, IsEmpty());
    EXPECT_EQ(outcomeOf(text(R"({"type":"Ask","number":3})")), "fine");
    EXPECT_THAT(peer().texts, ElementsAre(R"({"type":"Reply","text":"3"})"));
}

TEST_F(CoroutineBinding, WhatTheHandlerThrowsComesOutWhenItIsDone) {
    EXPECT_EQ(outcomeOf(text(R"({"type":"Ask","number":-1})")), "below nothing");
    EXPECT_THAT(peer().texts, IsEmpty());
}

TEST_F(CoroutineBinding, WhatDoesNotDecodeIsThrownAtOnce) {
    HandStrand strand;
    EXPECT_THROW(onText(strand, R"({"type":"Ask","number":"three"})"), DecodeError);
    path[1] = "window";
    EXPECT_THROW(onText(strand, R"({"type":"Wave"})"), DecodeError);
}

TEST_F(CoroutineBinding, AVariantIsTheHandlersOwn) {
    EXPECT_EQ(outcomeOf(text(R"({"type":"Nod"})")), "fine");
    EXPECT_EQ(outcomeOf(text(R"({"type":"Wave"})")), "fine");
    EXPECT_THAT(endpoint.notes, ElementsAre("nod 7", "wave 7"));
}

TEST_F(CoroutineBinding, TextsAndBytesAreTheHandlersOwn) {
    EXPECT_EQ(outcomeOf(text(kLong)), "fine");
    EXPECT_THAT(peer().texts, ElementsAre(kLong + "!"));
    EXPECT_EQ(outcomeOf(binary(kLong)), "fine");
    EXPECT_THAT(peer().binaries, ElementsAre(kLong + "!"));
}

TEST_F(CoroutineBinding, OpenAndCloseHandlersTakeAlongWhatTheyGot) {
    path[0] = kLong;
    Handler opening{[&](detail::Strand& strand) {
        const On on{strand};
        const EndpointConfig config{"", "/{room}/{seat}", {}, {}, {}, {}};
        return model().onOpen(&endpoint, {call(), config});
    }};
    Handler closing{[&](detail::Strand& strand) {
        const On on{strand};
        const CloseReason reason{CloseCode::Normal, kLong, CloseCause::Peer};
        return model().onClose(&endpoint, {call(), reason});
    }};
    opening.advance(1s);
    closing.advance(1s);
    EXPECT_EQ(opening.outcome(), "fine");
    EXPECT_EQ(closing.outcome(), "fine");
    EXPECT_THAT(endpoint.notes, ElementsAre("opened 1 " + kLong + " /{room}/{seat}", "closed " + kLong));
}

TEST_F(CoroutineBinding, AnErrorHandlerKeepsTheException) {
    EXPECT_EQ(outcomeOf(error(std::make_exception_ptr(std::runtime_error{kLong}))), "fine");
    EXPECT_THAT(endpoint.notes, ElementsAre("failed " + kLong));
}

TEST_F(CoroutineBinding, APlainErrorHandlerBesideItLeavesNothingToRun) {
    HandStrand strand;
    EXPECT_FALSE(onError(strand, std::make_exception_ptr(DecodeError{"", "x"})));
    EXPECT_THAT(endpoint.notes, ElementsAre("misread"));
}

class Plain {
    SERVER_ENDPOINT(Plain, "/")
public:
    ON_MESSAGE(text)
    std::string_view text(std::string_view text) { return text; }
};

TEST_F(CoroutineBinding, APlainHandlerHasSentItsResultAndLeavesNothingToRun) {
    Plain plain;
    json::Document document;
    const detail::WireFormat format;
    const detail::MessageCall message{{session(), {}}, asBytes("hello"), 0, document, nullptr, format, 64_KiB};
    EXPECT_FALSE(detail::makeModel<Plain>().onText(&plain, message));
}

class Steady {
    SERVER_ENDPOINT(Steady, "/{room}")
public:
    int sum = 0;

    ON_MESSAGE(asked)
    Async<void> asked(Ask ask, PathParam<"room">, Session) {
        sum += co_await doubled(ask.number);
    }

private:
    static Async<int> doubled(int number) { co_return 2 * number; }
};

TEST_F(CoroutineBinding, AHandlerThatNeedNotWaitAllocatesNothingInSteadyState) {
    Steady steady;
    const auto model = detail::makeModel<Steady>();
    const auto scratch = model.newScratch();
    HandStrand strand;
    const On on{strand};
    json::Document document;
    const detail::WireFormat format;
    std::string payload = R"({"number":3})";
    const auto size = payload.size();
    payload.resize(size + json::kReadableSlack);
    const detail::MessageCall message{call(), asBytes(payload).first(size), json::kReadableSlack, document,
                                      scratch.get(), format, 64_KiB};
    const auto handle = [&] { EXPECT_FALSE(model.onText(&steady, message)); };
    for (int i = 0; i < 10; ++i) handle();
    const std::size_t before = allocations();
    for (int i = 0; i < 100; ++i) handle();
    EXPECT_EQ(allocations() - before, 0u);
    EXPECT_EQ(steady.sum, 660);
}

}  // namespace
}  // namespace patchbay::test
