#include "Greeter.hpp"

#include <gtest/gtest.h>
#include <patchbay/testkit.hpp>

TEST(Greeter, AnswersInTheLanguageOfItsPath) {
    patchbay::testkit::TestServer server;
    server.deployRegistered();
    auto& ann = server.connect("/hello/de");
    ann.send(Greeting{"Ann"});
    EXPECT_EQ(ann.take<Answer>().text, "Hallo, Ann!");
}
