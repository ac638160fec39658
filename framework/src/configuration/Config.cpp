// Reading a configuration: YAML to a tree, the tree to structs (ConfigReader.hpp), and then what only the server knows:
// ranges, addresses, paths.

#include "base/AllowedHosts.hpp"
#include "base/Origin.hpp"
#include "base/TrustedProxies.hpp"
#include "configuration/ListenUrl.hpp"

#include <patchbay/config.hpp>
#include <patchbay/detail/ConfigReader.hpp>

#include <yaml-cpp/yaml.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

namespace patchbay {
namespace {

using detail::ConfigNode, detail::config::ConfigPlace;

/// An alias stands for all that it names: a short file may be a very large tree.
constexpr std::size_t kMostNodes = 100'000;
/// Or one that never ends: an alias may stand within what it names.
constexpr int kMostDepth = 100;

ConfigNode toTree(const YAML::Node& yaml, std::size_t& count, int depth = 0) {
    if (depth > kMostDepth) throw YAML::Exception{yaml.Mark(), "it is nested more than " + std::to_string(kMostDepth) + " deep"};
    if (++count > kMostNodes) throw YAML::Exception{yaml.Mark(), "it has more than " + std::to_string(kMostNodes) + " values"};
    ConfigNode node;
    node.line = std::max(0, yaml.Mark().line + 1);
    if (yaml.IsScalar()) {
        node.kind = ConfigNode::Kind::Text;
        node.text = yaml.Scalar();
    } else if (yaml.IsSequence()) {
        node.kind = ConfigNode::Kind::List;
        for (const auto& element : yaml) node.elements.push_back(toTree(element, count, depth + 1));
    } else if (yaml.IsMap()) {
        node.kind = ConfigNode::Kind::Map;
        for (const auto& entry : yaml) {
            node.keys.push_back(toTree(entry.first, count, depth + 1));
            node.elements.push_back(toTree(entry.second, count, depth + 1));
        }
    }
    return node;
}

/// Calls `check(place)` where `key` is set.
template <class Check>
void ifSet(const ConfigPlace& at, const std::string& key, Check check) {
    for (std::size_t i = 0; i < at.node.keys.size(); ++i) {
        const ConfigNode& value = at.node.elements[i];
        if (at.node.keys[i].text == key) return check(at.member(key, value, value.line));
    }
}

/// Notes a value outside of what makes sense. What did not read has its problem already and its field a good value.
void inRange(const ConfigPlace& at, const std::string& key, std::size_t value, std::size_t lowest, std::size_t highest) {
    ifSet(at, key, [&](const ConfigPlace& place) {
        if (value < lowest || value > highest)
            place.problem(std::to_string(value) + " is not between " + std::to_string(lowest) + " and " +
                          std::to_string(highest));
    });
}

void checkListen(const ConfigPlace& list, const ServerSection& server) {
    if (list.node.kind != ConfigNode::Kind::List) return;
    if (server.listen.empty()) list.problem("is empty; give an address or leave the key out");
    std::vector<configuration::ListenUrl> seen;
    for (std::size_t i = 0; i < server.listen.size(); ++i) {
        const ConfigPlace place = list.element(i);
        const auto parsed = configuration::parseListenUrl(server.listen[i].url);
        if (const auto* problem = std::get_if<std::string>(&parsed)) {
            place.problem(*problem);
            continue;
        }
        const auto& url = std::get<configuration::ListenUrl>(parsed);
        const bool isAny = url.port == 0 && url.path.empty();
        if (!isAny && std::find(seen.begin(), seen.end(), url) != seen.end())
            place.problem("\"" + server.listen[i].url + "\" is there twice");
        seen.push_back(url);
        if (const auto problem = configuration::tlsProblem(server.listen[i]); !problem.empty()) place.problem(problem);
        if (const auto problem = configuration::modeProblem(server.listen[i]); !problem.empty()) place.problem(problem);
        if (const auto problem = configuration::proxyProblem(server.listen[i], server); !problem.empty()) place.problem(problem);
    }
}

/// Notes what `problemOf` says of each value of a list.
void checkEach(const ConfigPlace& at, const std::string& key, const std::vector<std::string>& values,
               std::string (*problemOf)(std::string_view)) {
    ifSet(at, key, [&](const ConfigPlace& list) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (list.node.elements[i].kind != ConfigNode::Kind::Text) continue;
            if (const auto problem = problemOf(values[i]); !problem.empty()) list.element(i).problem('"' + values[i] + "\" " + problem);
        }
    });
}

void checkServer(const ConfigPlace& at, const ServerSection& server) {
    ifSet(at, "listen", [&](const ConfigPlace& list) { checkListen(list, server); });
    checkEach(at, "hosts", server.hosts, &AllowedHosts::problemOf);
    checkEach(at, "trustedProxies", server.trustedProxies, &TrustedProxies::problemOf);
    inRange(at, "loops", server.loops.value_or(1), 1, 1'024);
    inRange(at, "workers", server.workers, 1, 10'000);
    inRange(at, "maxConnections", server.maxConnections.value_or(1), 1, 100'000'000);
    ifSet(at, "drainSpread", [&](const ConfigPlace& place) {
        if (server.drainSpread > server.drainTimeout) place.problem("is longer than drainTimeout, which is the time for all of a stop");
    });
    inRange(at, "headBytes", server.headBytes, 1_KiB, 1_MiB);
    inRange(at, "requestLine", server.requestLine, 256, 1_MiB);
    ifSet(at, "requestLine", [&](const ConfigPlace& place) {
        if (server.requestLine > server.headBytes) place.problem("is larger than headBytes, which is the size of all of a head");
    });
    inRange(at, "headFields", server.headFields, 10, 100'000);
    inRange(at, "requestQueue", server.requestQueue, 1, 1'000'000);
    inRange(at, "backlog", server.backlog, 1, 65'535);
    if (server.memory.value_or(Size{0}) != 0) inRange(at, "memory", *server.memory, 16_MiB, 64_GiB * 1024);
    inRange(at, "loopQueue", server.loopQueue, 64_KiB, 64_GiB);
    inRange(at, "pendingHandshakes", server.pendingHandshakes, 1, 10'000'000);
    inRange(at, "executorQueue", server.executorQueue, 1, 100'000'000);
}

/// `limits`: those of all endpoints, or of one.
template <class Section>
void checkLimits(const ConfigPlace& at, const Section& limits) {
    inRange(at, "maxMessageSize", limits.maxMessageSize.value_or(Size{1}), 1, 4_GiB);
    ifSet(at, "sendQueue", [&](const ConfigPlace& place) {
        inRange(place, "bytes", limits.sendQueue.bytes.value_or(Size{1}), 1, 64_GiB);
    });
    inRange(at, "receiveQueue", limits.receiveQueue.value_or(Size{1}), 1, 64_GiB);
}

void checkEndpoint(const ConfigPlace& at, const std::string& path, const EndpointOverrides& entry) {
    if (!path.starts_with('/')) at.problem("a path begins with a slash; did you mean \"/" + path + "\"?");
    checkLimits(at, entry);
    if (entry.origins) checkEach(at, "origins", *entry.origins, &originProblem);
}

void check(const ConfigPlace& root, const ServerConfig& config) {
    ifSet(root, "server", [&](const ConfigPlace& at) { checkServer(at, config.server); });
    ifSet(root, "limits", [&](const ConfigPlace& at) { checkLimits(at, config.limits); });
    ifSet(root, "endpoints", [&](const ConfigPlace& at) {
        for (const auto& [path, entry] : config.endpoints)
            ifSet(at, path,
                  [&, &path = path, &entry = entry](const ConfigPlace& place) { checkEndpoint(place, path, entry); });
    });
}

/// Where each library is named, also the ones without keys: what is wrong with it is found when it is loaded.
void place(const ConfigPlace& root, const char* section, std::vector<LibraryConfig>& libraries) {
    ifSet(root, section, [&](const ConfigPlace& list) {
        for (std::size_t i = 0; i < libraries.size(); ++i) {
            ConfigBlock& keys = libraries[i].config;
            if (!keys.file.empty()) continue;
            keys.file = list.file;
            keys.line = list.element(i).line;
        }
    });
}

/// A configuration and the files that it names move together: a relative path begins at the file's folder.
void resolveFiles(ServerConfig& config, const std::string& path) {
    const auto folder = std::filesystem::path{path}.parent_path();
    const auto resolve = [&](std::string& file) {
        if (!file.empty()) file = (folder / file).string();  // an absolute one replaces the folder
    };
    for (ListenConfig& listen : config.server.listen) {
        resolve(listen.certificate);
        resolve(listen.clientCertificates.authorities);
        resolve(listen.key);
        for (auto& more : listen.moreCertificates) {
            resolve(more.certificate);
            resolve(more.key);
        }
    }
    resolve(config.store.file);
    if (config.pluginFolders.empty()) return;
    std::error_code error;  // libraries are never looked up from the current folder, so theirs is spelt out
    const auto whole = std::filesystem::absolute(std::filesystem::path{path}, error).parent_path();
    for (std::string& plugins : config.pluginFolders) plugins = (whole / plugins).lexically_normal().string();
}

LoadedConfig unreadable(const std::string& path, const std::string& reason) {
    return {{}, {{path, 0, "cannot be read: " + reason}}};
}

}  // namespace

std::string ConfigProblem::shown() const { return file + (line > 0 ? ':' + std::to_string(line) : "") + ": " + text; }

LoadedConfig parseConfig(std::string_view yaml, const std::string& fileName) {
    LoadedConfig loaded;
    try {
        std::size_t count = 0;
        const ConfigNode tree = toTree(YAML::Load(std::string{yaml}), count);
        const ConfigPlace root{tree, "", tree.line, fileName, loaded.problems};
        detail::config::readConfig(root, loaded.config);
        check(root, loaded.config);
        place(root, "plugins", loaded.config.plugins);
        place(root, "apps", loaded.config.apps);
    } catch (const YAML::Exception& error) {
        loaded.problems.push_back({fileName, std::max(0, error.mark.line + 1), "is no YAML: " + error.msg});
    }
    std::stable_sort(loaded.problems.begin(), loaded.problems.end(),
                     [](const ConfigProblem& a, const ConfigProblem& b) { return a.line < b.line; });
    return loaded;
}

LoadedConfig loadConfig(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    std::ostringstream text;
    if (file.peek() != std::ifstream::traits_type::eof()) text << file.rdbuf();
    if (!file.is_open() || file.bad() || text.bad()) return unreadable(path, std::generic_category().message(errno));
    LoadedConfig loaded = parseConfig(text.str(), path);
    resolveFiles(loaded.config, path);
    return loaded;
}

}  // namespace patchbay
