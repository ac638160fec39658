// The example of modules/store/README.md, as it is printed.

#include "notes.hpp"
#include "support/Certificate.hpp"
#include "support/Eventually.hpp"

#include <gtest/gtest.h>
#include <patchbay/testkit.hpp>

TEST(StoreReadme, ItsExampleKeepsNotesAndAnswersWithTheBest) {
    const patchbay::test::TemporaryFolder folder;
    patchbay::testkit::TestServer server;
    install(server, folder.path() + "/notes.db");
    auto& peer = server.connect("/notes");
    const auto answer = [&] {  // it comes when the note is on the disk
        EXPECT_TRUE(patchbay::test::eventually([&] { return !peer.received().empty(); }));
        return peer.takeText();
    };
    peer.send(R"({"text":"milk","stars":1})");
    EXPECT_EQ(answer(), R"({"type":"Best","notes":[{"text":"milk","stars":1}]})");
    peer.send(R"({"text":"bread","stars":2})");
    EXPECT_EQ(answer(), R"({"type":"Best","notes":[{"text":"bread","stars":2},{"text":"milk","stars":1}]})");
}
