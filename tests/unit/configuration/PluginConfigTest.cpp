// What a configuration says of plugins and apps, and their own keys, which are read later and elsewhere.
#include <patchbay/config.hpp>
#include <patchbay/detail/ConfigReader.hpp>

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace patchbay {
namespace {

using testing::ElementsAre, testing::HasSubstr, testing::IsEmpty;
using namespace std::chrono_literals;

enum class Colour { Red, DarkBlue };

struct Inner {
    int depth = 1;
};
struct Keys {
    std::string name = "none";
    std::chrono::milliseconds every = 25s;
    std::chrono::seconds rarely{60};
    Size most{4096};
    Colour colour = Colour::DarkBlue;
    std::optional<int> loops = {};
    std::vector<std::string> words = {};
    std::map<std::string, int> seats = {};
    bool loud = true;
    Inner inner = {};
};

/// The keys of the only plugin in `yaml`; problems as they are shown.
std::pair<Keys, std::vector<std::string>> keysIn(const std::string& yaml) {
    const LoadedConfig loaded = parseConfig(yaml, "f.yaml");
    EXPECT_THAT(loaded.problems, IsEmpty());
    const ConfigBlock& block = loaded.config.plugins.at(0).config;
    std::vector<ConfigProblem> problems;
    Keys keys;
    detail::config::readConfig({*block.node, block.path, block.line, block.file, problems}, keys);
    std::vector<std::string> shown;
    for (const auto& problem : problems) shown.push_back(problem.shown());
    return {keys, shown};
}

TEST(PluginConfig, IsANameOrANameWithItsKeysInTheOrderOfTheFile) {
    const LoadedConfig loaded = parseConfig("plugins: [ heartbeat, { library: /lib/other.so, config: { a: 1 } } ]\napps: [ chat ]\n");
    EXPECT_THAT(loaded.problems, IsEmpty());
    ASSERT_EQ(loaded.config.plugins.size(), 2u);
    EXPECT_EQ(loaded.config.plugins[0].library, "heartbeat");
    EXPECT_EQ(loaded.config.plugins[0].config.node, nullptr);
    EXPECT_EQ(loaded.config.plugins[1].library, "/lib/other.so");
    EXPECT_NE(loaded.config.plugins[1].config.node, nullptr);
    EXPECT_EQ(loaded.config.apps.at(0).library, "chat");
}

TEST(PluginConfig, KeysOfEveryKindAreReadIntoTheirFields) {
    const auto [keys, problems] = keysIn("plugins:\n"
                                         "  - library: x\n"
                                         "    config: { name: ann, every: 2min, rarely: 1h, most: 3MiB, colour: red, loops: 4,\n"
                                         "              words: [ a, b ], seats: { ann: 1 }, loud: false, inner: { depth: 7 } }\n");
    EXPECT_THAT(problems, IsEmpty());
    EXPECT_EQ(keys.name, "ann");
    EXPECT_EQ(keys.every, 2min);
    EXPECT_EQ(keys.rarely, 1h);
    EXPECT_EQ(keys.most, 3_MiB);
    EXPECT_EQ(keys.colour, Colour::Red);
    EXPECT_EQ(keys.loops, 4);
    EXPECT_THAT(keys.words, ElementsAre("a", "b"));
    EXPECT_EQ(keys.seats.at("ann"), 1);
    EXPECT_FALSE(keys.loud);
    EXPECT_EQ(keys.inner.depth, 7);
}

TEST(PluginConfig, EveryMistakeIsToldAtItsLineAndItsPath) {
    const auto [keys, problems] = keysIn("plugins:\n"
                                         "  - library: x\n"
                                         "    config:\n"
                                         "      evry: 2min\n"
                                         "      rarely: 1500ms\n"
                                         "      most: 3\n"
                                         "      colour: blue\n"
                                         "      loops: many\n"
                                         "      inner: { depth: 7, debth: 8 }\n");
    EXPECT_THAT(problems, ElementsAre(HasSubstr("f.yaml:4: plugins[0].config.evry: "), HasSubstr("f.yaml:5: plugins[0].config.rarely: "),
                                      HasSubstr("f.yaml:6: plugins[0].config.most: \"3\" has no unit"),
                                      HasSubstr("f.yaml:7: plugins[0].config.colour: "), HasSubstr("f.yaml:8: plugins[0].config.loops: "),
                                      HasSubstr("f.yaml:9: plugins[0].config.inner.debth: ")));
    EXPECT_THAT(problems.front(), HasSubstr("did you mean \"every\"?"));
    EXPECT_EQ(keys.inner.depth, 7) << "what is right is read";
}

TEST(PluginConfig, DescribesKeysAsAConfigurationWritesThem) {
    std::vector<detail::config::KeyDescription> keys;
    detail::config::describe(Keys{}, "", keys);
    std::vector<std::string> lines;
    for (const auto& key : keys) lines.push_back(key.key + " | " + key.kind + " | " + key.byDefault);
    EXPECT_THAT(lines, ElementsAre("name | text | none", "every | duration | 25s", "rarely | duration | 1min", "most | size | 4KiB",
                                   "colour | red, dark-blue | dark-blue", "loops | number or auto | auto", "words | list | [ ]",
                                   "seats | keys and values | { }", "loud | true or false | true", "inner.depth | number | 1"));
}

/// A few lines that stand for 10^9 values.
TEST(PluginConfig, AliasesThatMultiplyAreRefusedBeforeTheyAreFollowed) {
    std::string yaml = "a0: &a0 [ x, x, x, x, x, x, x, x, x, x ]\n";
    for (int i = 1; i < 9; ++i) {
        const std::string before = "*a" + std::to_string(i - 1);
        std::string list = before;
        for (int j = 0; j < 9; ++j) list += ", " + before;
        yaml += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [ " + list + " ]\n";
    }
    yaml += "plugins: [ { library: x, config: *a8 } ]\n";
    const LoadedConfig loaded = parseConfig(yaml, "f.yaml");
    ASSERT_FALSE(loaded.problems.empty());
    EXPECT_THAT(loaded.problems.front().shown(), HasSubstr("it has more than 100000 values"));
}

TEST(PluginConfig, AnAliasWithinWhatItNamesIsRefused) {
    for (const auto* yaml : {"plugins: &p [ { library: x, config: *p } ]\n", "a: &a [ *a ]\n", "a: &a { b: *a }\n"}) {
        const LoadedConfig loaded = parseConfig(yaml, "f.yaml");
        ASSERT_FALSE(loaded.problems.empty()) << yaml;
        EXPECT_THAT(loaded.problems.front().shown(), HasSubstr("it is nested more than 100 deep")) << yaml;
    }
}

// It was an uncaught exception: the path of a file in the current folder has no folder.
TEST(PluginConfig, AFileInTheCurrentFolderIsReadLikeAnyOther) {
    const auto before = std::filesystem::current_path();
    const auto folder = std::filesystem::canonical(testing::TempDir()) / "patchbay-current-folder";
    std::filesystem::create_directories(folder);
    std::filesystem::current_path(folder);
    std::ofstream{"server.yaml"} << "pluginFolders: [ lib ]\nserver: { workers: 3 }\n";
    const LoadedConfig loaded = loadConfig("server.yaml");
    std::filesystem::current_path(before);
    std::filesystem::remove_all(folder);
    EXPECT_THAT(loaded.problems, IsEmpty());
    EXPECT_EQ(loaded.config.server.workers, 3u);
    EXPECT_THAT(loaded.config.pluginFolders, ElementsAre((folder / "lib").string()));
}

TEST(PluginConfig, ARelativeFolderBeginsAtTheFiles) {
    const auto folder = std::filesystem::path{testing::TempDir()} / "patchbay-plugin-config";
    std::filesystem::create_directories(folder);
    std::ofstream{folder / "server.yaml"} << "pluginFolders: [ lib, ../others, /opt/lib ]\n";
    const LoadedConfig loaded = loadConfig((folder / "server.yaml").string());
    std::filesystem::remove_all(folder);
    EXPECT_THAT(loaded.problems, IsEmpty());
    EXPECT_THAT(loaded.config.pluginFolders, ElementsAre((folder / "lib").string(), (folder.parent_path() / "others").string(), "/opt/lib"));
}

}  // namespace
}  // namespace patchbay
