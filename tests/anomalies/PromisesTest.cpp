// The table of promises, and that each cell and each anomaly has its case.
#include "anomalies/World.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <set>

namespace patchbay::test {

const auto kLoops = testing::Values(1, 2, 4);
const auto kShown = [](const auto& info) { return std::to_string(info.param); };
INSTANTIATE_TEST_SUITE_P(OnLoops, Send, kLoops, kShown);
INSTANTIATE_TEST_SUITE_P(OnLoops, Publish, kLoops, kShown);
INSTANTIATE_TEST_SUITE_P(OnLoops, Subscribe, kLoops, kShown);
INSTANTIATE_TEST_SUITE_P(OnLoops, Unsubscribe, kLoops, kShown);
INSTANTIATE_TEST_SUITE_P(OnLoops, Post, kLoops, kShown);
INSTANTIATE_TEST_SUITE_P(OnLoops, Timer, kLoops, kShown);
INSTANTIATE_TEST_SUITE_P(OnLoops, Close, kLoops, kShown);
INSTANTIATE_TEST_SUITE_P(OnLoops, Property, kLoops, kShown);

namespace {

using testing::ElementsAre, testing::IsEmpty;

std::string trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(' ');
    return begin == std::string_view::npos ? ""
                                           : std::string{text.substr(begin, text.find_last_not_of(' ') - begin + 1)};
}

std::string capitalised(std::string word) {
    word[0] = static_cast<char>(word[0] - 'a' + 'A');
    return word;
}

/// The page of the promises, as far as this test reads it.
struct Page {
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows;  // the first cell names the row
    std::vector<std::string> anomalies;

    Page() {
        std::ifstream file{PROMISES};
        for (std::string line; std::getline(file, line);) {
            if (line.starts_with("|") && !line.starts_with("|---")) addRow(line);
            if (line.starts_with("- **")) anomalies.push_back(line.substr(4, line.find("**", 4) - 4));
        }
    }

private:
    void addRow(std::string_view line) {
        std::vector<std::string> cells;
        for (line.remove_prefix(1); !line.empty();) {
            const std::size_t end = std::min(line.find('|'), line.size());
            cells.push_back(trimmed(line.substr(0, end)));
            line.remove_prefix(std::min(end + 1, line.size()));
        }
        if (columns.empty()) {
            columns.assign(cells.begin() + 1, cells.end());
        } else {
            rows.push_back(std::move(cells));
        }
    }
};

/// What a case's name begins with, by the column that it is for.
const std::map<std::string, std::string> kBeginnings = {
    {"another thread", "FromAnotherThread"}, {"handler", "FromAHandler"},        {"hook", "FromAHook"},
    {"destructor", "FromADestructor"},       {"after the stop", "AfterTheStop"}, {"during unload", "DuringUnload"}};

/// "OnLoops/Send.FromAHandler…/2" for every case of this program.
std::set<std::string> cases() {
    std::set<std::string> all;
    const auto& program = *testing::UnitTest::GetInstance();
    for (int s = 0; s < program.total_test_suite_count(); ++s) {
        const auto& suite = *program.GetTestSuite(s);
        for (int t = 0; t < suite.total_test_count(); ++t) {
            all.insert(std::string{suite.name()} + "." + suite.GetTestInfo(t)->name());
        }
    }
    return all;
}

bool isShown(const std::set<std::string>& cases, const std::string& beginning, const std::string& end = "") {
    for (auto one = cases.lower_bound(beginning); one != cases.end() && one->starts_with(beginning); ++one) {
        if (one->ends_with(end)) return true;
    }
    return false;
}

TEST(Promises, EveryCellHasItsCaseOnEveryNumberOfLoops) {
    const Page page;
    const auto all = cases();
    std::vector<std::string> missing;
    for (const auto& row : page.rows) {
        ASSERT_EQ(row.size(), page.columns.size() + 1) << row[0];
        for (std::size_t column = 0; column < page.columns.size(); ++column) {
            EXPECT_FALSE(row[column + 1].empty()) << row[0] << ", " << page.columns[column];
            const std::string name = "OnLoops/" + capitalised(row[0]) + "." + kBeginnings.at(page.columns[column]);
            for (const auto* loops : {"/1", "/2", "/4"}) {
                if (!isShown(all, name, loops)) missing.push_back(name + "…" + loops);
            }
        }
    }
    EXPECT_THAT(missing, IsEmpty());
}

TEST(Promises, EveryAnomalyHasItsCase) {
    const Page page;
    EXPECT_GT(page.anomalies.size(), 10u);
    const auto all = cases();
    std::vector<std::string> missing;
    for (const auto& anomaly : page.anomalies) {
        if (!isShown(all, anomaly + ".") && !isShown(all, "OnLoops/" + anomaly + ".")) missing.push_back(anomaly);
    }
    EXPECT_THAT(missing, IsEmpty());
}

TEST(Promises, HoldForEveryCallFromEveryPlace) {
    const Page page;
    std::vector<std::string> rows;
    for (const auto& row : page.rows) rows.push_back(row[0]);
    EXPECT_THAT(rows, ElementsAre("send", "publish", "subscribe", "unsubscribe", "post", "timer", "close", "property"));
    EXPECT_THAT(page.columns,
                ElementsAre("another thread", "handler", "hook", "destructor", "after the stop", "during unload"));
}

}  // namespace
}  // namespace patchbay::test
