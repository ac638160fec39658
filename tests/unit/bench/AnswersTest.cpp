#include "Answers.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace bench {
namespace {

std::string page(std::string_view body) {
    return "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
}
std::size_t take(Answers& answers, std::string_view text) { return answers.take(std::as_bytes(std::span{text})); }

TEST(Answers, AreTakenOneByOne) {
    Answers answers;
    const std::string one = page("hello");
    EXPECT_EQ(take(answers, one + one), one.size());
    for (std::size_t size = 1; size < one.size(); ++size) EXPECT_EQ(take(answers, std::string_view{one}.substr(0, size)), 0U);
}

TEST(Answers, AllHaveTheSameBody) {
    Answers answers;
    take(answers, page("hello"));
    EXPECT_THROW(take(answers, page("hullo")), std::runtime_error);
    EXPECT_THROW(take(answers, page("hello!")), std::runtime_error);
}

TEST(Answers, AnythingElseIsAnError) {
    for (const char* text : {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "nonsense\r\n\r\n",
                             "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\na"}) {
        Answers answers;
        EXPECT_THROW(take(answers, text), std::runtime_error) << text;
    }
    Answers answers;
    EXPECT_THROW(take(answers, std::string(20'000, 'x')), std::runtime_error);
}

}  // namespace
}  // namespace bench
