// framework/LIMITS.md has each limit of the configuration with what holds without it, as the structs say; what happens beyond it and
// the tests that show it are written by hand, and the tests are there. framework/SECURITY.md names tests that are there as well.
//
//     PATCHBAY_WRITE_LIMITS=1 build/test/bin/unit_configuration --gtest_filter='Limits*'
//
// writes the table anew and keeps the columns that are written by hand.
#include <patchbay/config.hpp>
#include <patchbay/detail/ConfigReader.hpp>

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

namespace patchbay::test {
namespace {

namespace fs = std::filesystem;
using detail::config::KeyDescription;

const fs::path kRoot{PATCHBAY_SOURCE_FOLDER};
constexpr std::string_view kBegin = "<!-- limits -->\n", kEnd = "<!-- /limits -->";
constexpr std::string_view kTop = "| key | value | default | beyond it | test |\n|---|---|---|---|---|\n";

std::string contentOf(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream{file}.rdbuf();
    return std::move(text).str();
}

/// `limits:` with what is built in.
LimitsConfig builtIn() {
    const Limits limits;
    LimitsConfig config;
    config.handshakeTimeout = limits.handshakeTimeout;
    config.idleTimeout = limits.idleTimeout;
    config.messageTimeout = limits.messageTimeout;
    config.sendTimeout = limits.sendTimeout;
    config.maxFragments = limits.maxFragments;
    config.maxMessageSize = limits.maxMessageSize;
    config.sendQueue = {limits.sendQueue.bytes, limits.sendQueue.whenFull};
    if (limits.receiveQueue != 0) config.receiveQueue = limits.receiveQueue;
    config.maxMessageRate = limits.maxMessageRate;
    config.maxByteRate = limits.maxByteRate;
    config.maxSessions = limits.maxSessions;
    config.maxTopics = limits.maxTopics;
    return config;
}

/// The keys that bound something: numbers, sizes and durations.
std::vector<KeyDescription> limitKeys() {
    std::vector<KeyDescription> all;
    detail::config::describe(ServerSection{}, "server", all);
    detail::config::describe(builtIn(), "limits", all);
    std::erase_if(all, [](const KeyDescription& key) {
        return !key.kind.starts_with("number") && !key.kind.starts_with("size") && !key.kind.starts_with("duration");
    });
    return all;
}

std::string rowStart(const KeyDescription& key) { return "| `" + key.key + "` | " + key.kind + " | " + key.byDefault + " |"; }

/// The table as it should be, with the columns that the page has already.
std::string tableFor(const std::vector<KeyDescription>& keys, const std::string& page) {
    std::string table{kTop};
    for (const auto& key : keys) {
        const std::regex row{"\\n\\| `" + std::regex_replace(key.key, std::regex{"\\."}, "\\.") + "` \\|[^|]*\\|[^|]*\\|([^\\n]*)"};
        std::smatch found;
        const std::string rest = std::regex_search(page, found, row) ? found[1].str() : std::string{" ? | ? |"};
        table += rowStart(key) + rest + "\n";
    }
    return table;
}

/// Every name in backquotes that looks like one of a test of ours: `Suite.Name`.
std::set<std::string> testsNamedIn(const std::string& page) {
    std::set<std::string> names;
    const std::regex name{"`([A-Z]\\w+)\\.([A-Z]\\w+)`"};
    for (std::sregex_iterator each{page.begin(), page.end(), name}, end; each != end; ++each) names.insert((*each)[1].str() + ", " + (*each)[2].str());
    return names;
}

std::string allTests() {
    std::string all;
    for (const auto& entry : fs::recursive_directory_iterator{kRoot / "tests"}) {
        if (entry.path().extension() == ".cpp") all += contentOf(entry.path());
    }
    return all;
}

TEST(LimitsPage, HasEachLimitOfTheConfiguration) {
    const fs::path file = kRoot / "framework" / "LIMITS.md";
    std::string page = contentOf(file);
    const std::size_t begin = page.find(kBegin) + kBegin.size(), end = page.find(kEnd);
    ASSERT_NE(end, std::string::npos);
    const std::string table = tableFor(limitKeys(), page);
    if (std::getenv("PATCHBAY_WRITE_LIMITS") != nullptr) {
        page.replace(begin, end - begin, table);
        std::ofstream{file} << page;
        return;
    }
    EXPECT_EQ(page.substr(begin, end - begin), table);
    EXPECT_EQ(table.find("?"), std::string::npos) << "a limit needs what happens beyond it, and a test that shows it";
}

TEST(LimitsPage, NamesATestForEveryRow) {
    std::istringstream lines{contentOf(kRoot / "framework" / "LIMITS.md")};
    for (std::string line; std::getline(lines, line);) {
        const bool isRow = line.starts_with("| ") && !line.starts_with("| key ") && !line.starts_with("| what ");
        if (!isRow) continue;
        EXPECT_THAT(testsNamedIn(line), testing::Not(testing::IsEmpty())) << line;
    }
}

TEST(Pages, NameTestsThatAreThere) {
    const std::string tests = allTests();
    for (const auto* page : {"LIMITS.md", "SECURITY.md"}) {
        const auto names = testsNamedIn(contentOf(kRoot / "framework" / page));
        EXPECT_GT(names.size(), 10u) << page;
        for (const std::string& name : names) {
            EXPECT_NE(tests.find("(" + name + ")"), std::string::npos) << page << " names a test that is not there: " << name;
        }
    }
}

}  // namespace
}  // namespace patchbay::test
