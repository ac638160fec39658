// plugins/README.md has each key of each plugin, with what may be written and what holds without it: as the plugins
// themselves say, from their structs. What a key is for is written by hand, in the last column.
//
//     PATCHBAY_WRITE_KEYS=1 build/test/bin/integration_plugins --gtest_filter='PluginKeys*'
//
// writes the tables anew and keeps the last column.
#include <patchbay/detail/PluginEntry.hpp>

#include <gmock/gmock.h>

#include <dlfcn.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

namespace patchbay::test {
namespace {

using Descriptions = std::vector<detail::config::KeyDescription>;

constexpr std::string_view kTop = "| key | value | default | what it is |\n|---|---|---|---|\n";

Descriptions keysOf(const std::string& plugin) {
    const std::string path = std::string{BUILT_PLUGIN_FOLDER} + "/lib" + plugin + ".so";
    const std::unique_ptr<void, int (*)(void*)> library{::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL), &::dlclose};
    if (!library) throw std::runtime_error{::dlerror()};
    const auto entry = reinterpret_cast<const detail::PluginEntry* (*)() noexcept>(::dlsym(library.get(), "patchbay_plugin"));
    if (!entry) throw std::runtime_error{path + " has no entry"};
    return entry()->describe();
}

std::string rowStart(const detail::config::KeyDescription& key) {
    return "| `" + key.key + "` | " + key.kind + " | " + key.byDefault + " | ";
}

/// The text between a plugin's heading and the next one.
struct Section {
    std::size_t begin;
    std::size_t end;
};
Section sectionOf(const std::string& page, const std::string& plugin) {
    const std::size_t begin = page.find("\n## " + plugin + "\n");
    if (begin == std::string::npos) return {std::string::npos, 0};
    return {begin, std::min(page.size(), page.find("\n## ", begin + 1))};
}

/// The rows that the page should have, with the words that it has already.
std::string tableFor(const Descriptions& keys, const std::string& section) {
    std::string table{kTop};
    for (const auto& key : keys) {
        std::string words = "?";
        std::istringstream lines{section};
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with("| `" + key.key + "` | ")) words = line.substr(line.rfind(" | ", line.size() - 3) + 3);
        }
        if (words.ends_with(" |")) words.resize(words.size() - 2);
        table += rowStart(key) + words + " |\n";
    }
    return table;
}

std::string contentOf(const std::string& path) {
    std::ifstream file{path};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

class PluginKeys : public testing::TestWithParam<std::string> {};

TEST_P(PluginKeys, AreInTheReadmeAsThePluginSays) {
    const std::string path = PLUGINS_README;
    std::string page = contentOf(path);
    const Descriptions keys = keysOf(GetParam());
    const Section section = sectionOf(page, GetParam());
    ASSERT_NE(section.begin, std::string::npos) << "plugins/README.md has no section \"## " << GetParam() << '"';
    const std::string text = page.substr(section.begin, section.end - section.begin);
    const std::string table = tableFor(keys, text);
    if (std::getenv("PATCHBAY_WRITE_KEYS")) {
        const std::size_t from = page.find("| key |", section.begin);
        ASSERT_LT(from, section.end) << "a table to replace";
        std::size_t to = from;
        while (page.compare(to, 1, "|") == 0) to = page.find('\n', to) + 1;
        page.replace(from, to - from, table);
        std::ofstream{path} << page;
        return;
    }
    EXPECT_THAT(text, testing::HasSubstr(table)) << "write it anew, as KeysTest.cpp says";
    EXPECT_THAT(table, testing::Not(testing::HasSubstr("| ? |"))) << "each key needs words";
}

std::vector<std::string> builtPlugins() {
    std::vector<std::string> names;
    std::istringstream list{BUILT_PLUGINS};
    for (std::string name; std::getline(list, name, ',');) names.push_back(name);
    return names;
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PluginKeys);  // where every plugin was left out of the build
INSTANTIATE_TEST_SUITE_P(Of, PluginKeys, testing::ValuesIn(builtPlugins()), [](const auto& info) {
    std::string name = info.param;
    std::erase(name, '-');
    return name;
});

}  // namespace
}  // namespace patchbay::test
