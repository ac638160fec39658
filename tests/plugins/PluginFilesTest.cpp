// Files that say they are plugins and are not, or not any more: whatever is in them, they are refused with a sentence.
#include "support/Certificate.hpp"

#include <patchbay/config.hpp>
#include <patchbay/server.hpp>

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

namespace patchbay::test {
namespace {

std::string contentOf(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream{path, std::ios::binary}.rdbuf();
    return text.str();
}

/// What keeps a server from starting with that file as its plugin.
std::string problemOf(const std::string& content) {
    const TemporaryFolder folder;
    ServerConfig config;
    config.server.listen = {{"http://127.0.0.1:0"}};
    config.plugins = {{folder.write("libbroken.so", content)}};
    try {
        Server server{std::move(config)};
        server.start();
    } catch (const DeploymentError& error) {
        return error.what();
    }
    return "";
}

TEST(PluginFile, CutOffAnywhereIsRefused) {
    // The note belongs to another server, so a file whose note is whole is refused as well, and never loaded.
    const std::string whole = contentOf(PLUGIN_FOLDER "/libforeign.so");
    ASSERT_GT(whole.size(), 1000u);
    for (std::size_t size = 0; size < whole.size(); size += size < 200 ? 1 : 97) {
        EXPECT_THAT(problemOf(whole.substr(0, size)), testing::HasSubstr("libbroken.so")) << size;
    }
}

TEST(PluginFile, WithAnyHeaderByteChangedIsRefused) {
    const std::string whole = contentOf(PLUGIN_FOLDER "/libforeign.so");
    for (std::size_t at = 0; at < 64; ++at) {
        std::string changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ 0x5A);
        EXPECT_THAT(problemOf(changed), testing::HasSubstr("libbroken.so")) << at;
    }
}

TEST(PluginFile, ThatIsAFolderOrEmptyIsRefused) {
    EXPECT_THAT(problemOf(""), testing::HasSubstr("no shared library of this machine"));
    ServerConfig config;
    config.plugins = {{"/etc"}};
    Server server{std::move(config)};
    EXPECT_THROW(server.start(), DeploymentError);
}

}  // namespace
}  // namespace patchbay::test
