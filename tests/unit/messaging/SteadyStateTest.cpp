// After a warm-up, a message of a struct goes from the payload to its handler without an allocation.

#include "support/Conversation.hpp"
#include "support/CountedAllocations.hpp"

#include <gmock/gmock.h>

#include <new>

namespace patchbay::test {
namespace {

struct Record {
    std::string text;
    double number;
    std::vector<std::string> list;
};
struct Other {
    int number;
};

class Only {
    SERVER_ENDPOINT(Only, "/{room}")
public:
    int count = 0;
    double sum = 0;

    ON_MESSAGE(record)
    void record(Session, PathParam<"room">, const Record& record) {
        ++count;
        sum += record.number + static_cast<double>(record.list.size());
    }
};

class Several : public Only {
    SERVER_ENDPOINT(Several, "/{room}")
    ON_MESSAGE(record)

    ON_MESSAGE(other)
    void other(const Other&) {}
    ON_MESSAGE(untyped)
    void untyped(std::string_view) {}
};

/// Allocations of 100 messages, after 10.
template <class Endpoint>
std::size_t allocationsOf(std::string payload) {
    Conversation<Endpoint> conversation{{"a room whose name is longer than a short string"}};
    const std::string_view message{payload};
    const auto size = message.size();
    payload.resize(size + json::kReadableSlack);
    const Session session = conversation.session();
    const std::vector<std::string> path{"a room whose name is longer than a short string"};
    const auto& deployed = conversation.deployed();
    const auto scratch = deployed.code->model.newScratch();
    json::Document document;
    const detail::MessageCall call{{session, path},     asBytes(payload).first(size), json::kReadableSlack, document,
                                   scratch.get(), deployed.format, 64_KiB};
    for (int i = 0; i < 10; ++i) deployed.code->model.onText(&conversation.instance(), call);
    const std::size_t before = allocations();
    for (int i = 0; i < 100; ++i) deployed.code->model.onText(&conversation.instance(), call);
    const std::size_t made = allocations() - before;
    EXPECT_EQ(conversation.instance().count, 110);
    return made;
}

TEST(SteadyState, CountingSeesAllocations) {
    const std::size_t before = allocations();
    ::operator delete(::operator new(1000));  // by name, which no compiler may leave out
    EXPECT_EQ(allocations() - before, 1U);
}

TEST(SteadyState, TheOnlyStructArrivesWithoutAllocations) {
    EXPECT_EQ(allocationsOf<Only>(R"({"text":"longer than any short string optimisation","number":1.5,)"
                                  R"("list":["also longer than the short ones","b","c"]})"),
              0U);
}

TEST(SteadyState, ANamedStructBesideOthersArrivesWithoutAllocations) {
    EXPECT_EQ(allocationsOf<Several>(R"({"type":"Record","text":"longer than any short string optimisation",)"
                                     R"("number":1.5,"list":["also longer than the short ones","b","c"]})"),
              0U);
}

}  // namespace
}  // namespace patchbay::test
