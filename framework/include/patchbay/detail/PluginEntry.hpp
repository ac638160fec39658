#pragma once
// How a library presents its plugin: a note that is read from the file before the library is loaded, and an entry that makes
// the object. Nothing throws, and no ownership passes, through the exported function; what the entry points to is C++ of
// the same ABI, which the note has shown.
//
//   .note.patchbay   nameBytes 9 | descriptionBytes | type 1 | "Patchbay" | abi | name | version     (ELF note, fixed sizes)

#include <patchbay/config.hpp>
#include <patchbay/detail/ConfigReader.hpp>
#include <patchbay/version.hpp>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay {

class ServerContainer;

/// A part of a server that can be switched on. Derive from it; a nested `Config`, a plain struct, holds its keys.
/// Thread: that of Server::start() and stop(), one call at a time.
/// Errors: what the constructor or install() throws keeps the server from starting, and is told with the plugin's name.
class Plugin {
public:
    virtual ~Plugin() = default;
    /// Adds to the server what the plugin is for: hooks, extensions, services, endpoints, handlers.
    virtual void install(ServerContainer& server) = 0;
    /// The server is about to listen: threads and connections of the plugin's own begin here. Again after a stop() when the
    /// server starts again.
    virtual void start() {}
    /// The server stops; sessions are still open. What start() began ends here.
    virtual void stop() {}
};

struct PluginOptions {
    /// The plugin's own version, for people.
    std::string_view version = PATCHBAY_VERSION;
    /// Names of plugins that have to be switched on too. They are installed before this one.
    std::array<std::string_view, 8> needs = {};
};

namespace detail {

struct PluginNote {
    std::uint32_t nameBytes = 9;
    std::uint32_t descriptionBytes = 192 + 64 + 32;
    std::uint32_t type = 1;
    char owner[12] = {'P', 'a', 't', 'c', 'h', 'b', 'a', 'y'};
    char abi[192] = {};
    char name[64] = {};
    char version[32] = {};
};

template <std::size_t Size>
constexpr void fillText(char (&out)[Size], std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) out[i] = text[i];  // too long a text does not compile
}

consteval PluginNote pluginNote(std::string_view name, std::string_view version) {
    PluginNote note;
    fillText(note.abi, kAbiTag);
    fillText(note.name, name);
    fillText(note.version, version);
    return note;
}

struct PluginEntry {
    std::string_view name;
    PluginOptions options;
    /// Reads its keys and makes it; nullptr when problems were noted. Throws what its constructor throws.
    std::unique_ptr<Plugin> (*make)(const ConfigBlock& block, std::vector<ConfigProblem>& problems);
    std::vector<config::KeyDescription> (*describe)();
};

template <class P>
std::unique_ptr<Plugin> makePlugin(const ConfigBlock& block, std::vector<ConfigProblem>& problems) {
    static const ConfigNode nothing;
    const config::ConfigPlace place{block.node ? *block.node : nothing, block.path, block.line, block.file, problems};
    const std::size_t before = problems.size();
    if constexpr (requires { typename P::Config; }) {
        typename P::Config keys{};
        config::readConfig(place, keys);
        if (problems.size() != before) return nullptr;
        return std::make_unique<P>(std::move(keys));
    } else {
        if (place.node.kind != ConfigNode::Kind::Nothing) place.problem("this plugin has no keys of its own");
        if (problems.size() != before) return nullptr;
        return std::make_unique<P>();
    }
}

template <class P>
std::vector<config::KeyDescription> describeKeys() {
    std::vector<config::KeyDescription> keys;
    if constexpr (requires { typename P::Config; }) config::describe(typename P::Config{}, "", keys);
    return keys;
}

}  // namespace detail
}  // namespace patchbay
