// Bans as an operator writes them, and as the command does.
#include "guard/BanFileEdit.hpp"
#include "guard/BanList.hpp"

#include <gmock/gmock.h>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

namespace patchbay::guard {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre, ::testing::HasSubstr;

TEST(BanListTest, ReadsALine) {
    const auto at = [](int hours) { return std::chrono::sys_days{std::chrono::year{2026} / 12 / 24} + std::chrono::hours{hours}; };
    EXPECT_EQ(readBan("address 192.0.2.7"), (BanLine{{Ban::Of::Address, "192.0.2.7"}}));
    EXPECT_EQ(readBan("  user  Ann Smith until 2026-12-24T18:00:00Z \r"), (BanLine{{Ban::Of::User, "Ann Smith", at(18)}}));
    EXPECT_EQ(readBan("address 2001:db8:1:2::/64 until 2026-12-24"), (BanLine{{Ban::Of::Address, "2001:db8:1:2::/64", at(0)}}));
    EXPECT_EQ(readBan("user bob until 2026-12-24 because  he floods until he sleeps "), (BanLine{{Ban::Of::User, "bob", at(0)}, "he floods until he sleeps"}));
    EXPECT_EQ(readBan("user bob because x because y"), (BanLine{{Ban::Of::User, "bob"}, "x because y"}));
    for (const std::string_view none : {"", "bob", "users bob", "user", "user  until 2026-12-24", "address bob", "address 192.0.2.7/24", "user bob until tomorrow", "user bob until 2026-13-01", "user bob until 2026-02-29",
                                        "user bob until 2026-12-24T24:00:00Z", "user bob until 2026-12-24T18:00:00+01:00"}) {
        EXPECT_THROW(readBan(none), std::invalid_argument) << none;
    }
}

TEST(BanListTest, WritesALineAsItIsRead) {
    const auto end = std::chrono::sys_days{std::chrono::year{2026} / 2 / 3} + 4h + 5min + 6s;
    for (const BanLine& line : {BanLine{{Ban::Of::User, "Ann Smith"}}, BanLine{{Ban::Of::Address, "192.0.2.0/24", end}, "a flood until noon"}}) {
        EXPECT_EQ(readBan(textOf(line)), line);
    }
    EXPECT_EQ(textOf(BanLine{{Ban::Of::User, "bob", end}, "spam"}), "user bob until 2026-02-03T04:05:06Z because spam");
    for (const std::string_view name : {" bob", "bob\n", "bob\nuser ann", "x until 2026-12-24", "x because y", "a\r"}) {
        EXPECT_THROW(textOf(BanLine{{Ban::Of::User, std::string{name}}}), std::invalid_argument) << name;
    }
    for (const std::string_view why : {"two\nlines", "\xff", "\x1b[2J"}) EXPECT_THROW(textOf(BanLine{{Ban::Of::User, "bob"}, std::string{why}}), std::invalid_argument) << why;
    for (const std::string_view name : {"\xff", "bob\x1b[2J", "bob\u202e"}) {
        EXPECT_THROW(textOf(BanLine{{Ban::Of::User, std::string{name}}}), std::invalid_argument);
        EXPECT_THROW(readBan("user " + std::string{name}), std::invalid_argument);
    }
    EXPECT_EQ(readBan("user DOMAIN\\b\u00f6b").ban.whom, "DOMAIN\\b\u00f6b");
}

class BanFileEditTest : public ::testing::Test {
protected:
    BanFileEditTest() { std::filesystem::create_directory(folder_); }
    ~BanFileEditTest() override { std::filesystem::remove_all(folder_); }
    void write(std::string_view text) const { std::ofstream{path()} << text; }
    std::string text() const {
        std::ifstream file{path()};
        return {std::istreambuf_iterator<char>{file}, {}};
    }
    std::string path() const { return (folder_ / "bans").string(); }
    static Ban address(std::string whom) { return {Ban::Of::Address, std::move(whom)}; }
    static Ban user(std::string whom) { return {Ban::Of::User, std::move(whom)}; }

    const std::filesystem::path folder_ = std::filesystem::path{testing::TempDir()} / ("ban-file-" + std::to_string(::getpid()));
};

TEST_F(BanFileEditTest, PutsALineInTheEndAndLeavesWhatElseStandsThere) {
    write("# ours\n\nuser bob\n  address 192.0.2.7 \n");
    {
        BanFileEdit file{path()};
        file.put({user("ann"), "spam"});
        file.put({address("192.0.2.8")});
        file.save();
    }
    EXPECT_EQ(text(), "# ours\n\nuser bob\n  address 192.0.2.7 \nuser ann because spam\naddress 192.0.2.8\n");
}

TEST_F(BanFileEditTest, HasOneBanOfEach) {
    write("user bob\naddress 2001:db8:1:2::5\n");
    BanFileEdit file{path()};
    file.put({address("2001:db8:1:2::/64"), "its network"});
    file.put({user("bob"), "again"});
    EXPECT_THAT(file.bans(), ElementsAre(BanLine{address("2001:db8:1:2::/64"), "its network"}, BanLine{user("bob"), "again"}));
    EXPECT_TRUE(file.remove(address("2001:db8:1:2:3:4:5:6")));
    EXPECT_FALSE(file.remove(address("2001:db8:1:2:3:4:5:6")));
    EXPECT_FALSE(file.remove(user("bobby")));
    EXPECT_THAT(file.bans(), ElementsAre(BanLine{user("bob"), "again"}));
}

TEST_F(BanFileEditTest, MakesAFileThatAServerOfAnotherUserCanReadAndKeepsTheRightsOfOneThatIsThere) {
    const auto rights = [&] { return std::filesystem::status(path()).permissions(); };
    BanFileEdit{path()}.save();
    EXPECT_EQ(rights(), static_cast<std::filesystem::perms>(0644));
    ASSERT_EQ(::chmod(path().c_str(), 0640), 0);
    BanFileEdit{path()}.save();
    EXPECT_EQ(rights(), static_cast<std::filesystem::perms>(0640));
    std::size_t files = 0;
    for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator{folder_}) ++files;
    EXPECT_EQ(files, 1U) << "nothing is left beside it";
}

TEST_F(BanFileEditTest, FollowsALinkInsteadOfReplacingIt) {
    const auto link = folder_ / "link";
    std::filesystem::create_symlink("bans", link);
    write("user bob\n");
    BanFileEdit{link.string()}.save();
    EXPECT_TRUE(std::filesystem::is_symlink(link));
}

TEST_F(BanFileEditTest, DropsWhatIsOver) {
    write("user bob until 2026-01-01\nuser ann until 2026-01-03\nuser eve\n");
    BanFileEdit file{path()};
    EXPECT_EQ(file.removeOver(std::chrono::sys_days{std::chrono::year{2026} / 1 / 2}), 1U);
    EXPECT_EQ(file.bans().size(), 2U);
}

TEST_F(BanFileEditTest, RefusesWhatAServerWouldAndChangesNothing) {
    write("user bob\nbob\n");
    try {
        BanFileEdit{path()};
        FAIL();
    } catch (const std::invalid_argument& error) {
        EXPECT_THAT(error.what(), HasSubstr("bans:2: \"bob\" is no ban")) << "what a person has written is mended by a person";
    }
    std::string most;
    for (int i = 0; i < 4096; ++i) most += "user u" + std::to_string(i) + '\n';
    write(most);
    BanFileEdit file{path()};
    EXPECT_THROW(file.put({user("another")}), std::invalid_argument);
    EXPECT_NO_THROW(file.put({user("u7"), "again"}));
    EXPECT_EQ(text(), most);
    EXPECT_THROW(BanFileEdit{"/nowhere/at/all/bans"}, std::runtime_error);
}

TEST_F(BanFileEditTest, WaitsForWhoeverElseChangesIt) {
    write("");
    std::thread other;
    {
        BanFileEdit file{path()};
        other = std::thread{[&] {
            BanFileEdit second{path()};
            second.put({user("ann")});
            second.save();
        }};
        file.put({user("bob")});
        file.save();
    }
    other.join();
    EXPECT_EQ(text(), "user bob\nuser ann\n");
}

}  // namespace
}  // namespace patchbay::guard
