// Reading a configuration: first its form (Yaml.hpp), then what only the server knows: ranges, addresses, paths.

#include "hosting/ListenUrl.hpp"
#include "hosting/Listening.hpp"
#include "hosting/Yaml.hpp"

#include <patchbay/config.hpp>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

namespace patchbay {
namespace {

using hosting::YamlPlace;

/// Calls `check(place)` where `key` is set.
template <class Check>
void ifSet(const YamlPlace& at, const std::string& key, Check check) {
    if (!at.node.IsMap()) return;
    if (const YAML::Node value = at.node[key]) check(at.member(key, value, hosting::lineOf(value)));
}

/// Notes a value outside of what makes sense. What did not read has its problem already and its field a good value.
void inRange(const YamlPlace& at, const std::string& key, std::size_t value, std::size_t lowest, std::size_t highest) {
    ifSet(at, key, [&](const YamlPlace& place) {
        if (value < lowest || value > highest)
            place.problem(std::to_string(value) + " is not between " + std::to_string(lowest) + " and " +
                          std::to_string(highest));
    });
}

void checkListen(const YamlPlace& list, const ServerSection& server) {
    if (!list.node.IsSequence()) return;
    if (server.listen.empty()) list.problem("is empty; give an address or leave the key out");
    std::vector<hosting::ListenUrl> seen;
    for (std::size_t i = 0; i < server.listen.size(); ++i) {
        const YamlPlace place = list.element(i, list.node[i]);
        const auto parsed = hosting::parseListenUrl(server.listen[i].url);
        if (const auto* problem = std::get_if<std::string>(&parsed)) {
            place.problem(*problem);
            continue;
        }
        const auto& url = std::get<hosting::ListenUrl>(parsed);
        if (url.port != 0 && std::find(seen.begin(), seen.end(), url) != seen.end())
            place.problem("\"" + server.listen[i].url + "\" is there twice");
        seen.push_back(url);
        if (const auto problem = hosting::tlsProblem(server.listen[i]); !problem.empty()) place.problem(problem);
    }
}

void checkServer(const YamlPlace& at, const ServerSection& server) {
    ifSet(at, "listen", [&](const YamlPlace& list) { checkListen(list, server); });
    inRange(at, "loops", server.loops.value_or(1), 1, 1'024);
    inRange(at, "workers", server.workers, 1, 10'000);
    inRange(at, "maxConnections", server.maxConnections, 1, 100'000'000);
    ifSet(at, "drainSpread", [&](const YamlPlace& place) {
        if (server.drainSpread > server.drainTimeout) place.problem("is longer than drainTimeout, which is the time for all of a stop");
    });
    inRange(at, "headBytes", server.headBytes, 1_KiB, 1_MiB);
}

void checkLimits(const YamlPlace& at, const std::optional<Size>& maxMessage, const SendQueueConfig& queue) {
    inRange(at, "maxMessage", maxMessage.value_or(Size{1}), 1, 4_GiB);
    ifSet(at, "sendQueue",
          [&](const YamlPlace& place) { inRange(place, "bytes", queue.bytes.value_or(Size{1}), 1, 64_GiB); });
}

/// What is wrong with an origin; nothing if it is `*` or scheme, host and port.
std::string originProblem(const std::string& origin) {
    const auto scheme = origin.find("://");
    if (origin == "*") return {};
    if (scheme == origin.npos || scheme == 0) return "has no scheme; write e.g. https://" + origin;
    const auto path = origin.find_first_of("/?#", scheme + 3);
    if (path != origin.npos) return "has more than scheme, host and port; write " + origin.substr(0, path);
    return scheme + 3 == origin.size() ? "has no host" : "";
}

void checkEndpoint(const YamlPlace& at, const std::string& path, const EndpointEntry& entry) {
    if (!path.starts_with('/')) at.problem("a path begins with a slash; did you mean \"/" + path + "\"?");
    checkLimits(at, entry.maxMessage, entry.sendQueue);
    ifSet(at, "origins", [&](const YamlPlace& list) {
        for (std::size_t i = 0; entry.origins && i < entry.origins->size(); ++i) {
            const auto& origin = (*entry.origins)[i];
            if (!list.node[i].IsScalar()) continue;
            if (const auto problem = originProblem(origin); !problem.empty())
                list.element(i, list.node[i]).problem('"' + origin + "\" " + problem);
        }
    });
}

void check(const YamlPlace& root, const ServerConfig& config) {
    ifSet(root, "server", [&](const YamlPlace& at) { checkServer(at, config.server); });
    ifSet(root, "limits",
          [&](const YamlPlace& at) { checkLimits(at, config.limits.maxMessage, config.limits.sendQueue); });
    ifSet(root, "endpoints", [&](const YamlPlace& at) {
        for (const auto& [path, entry] : config.endpoints)
            ifSet(at, path,
                  [&, &path = path, &entry = entry](const YamlPlace& place) { checkEndpoint(place, path, entry); });
    });
}

/// A configuration and its certificates move together: a relative path begins at the file's folder.
void resolveFiles(ServerConfig& config, const std::string& path) {
    const auto folder = std::filesystem::path{path}.parent_path();
    const auto resolve = [&](std::string& file) {
        if (!file.empty()) file = (folder / file).string();  // an absolute one replaces the folder
    };
    for (Listen& listen : config.server.listen) {
        resolve(listen.certificate);
        resolve(listen.key);
        for (auto& more : listen.moreCertificates) {
            resolve(more.certificate);
            resolve(more.key);
        }
    }
}

LoadedConfig unreadable(const std::string& path, const std::string& reason) {
    return {{}, {{path, 0, "cannot be read: " + reason}}};
}

}  // namespace

std::string ConfigProblem::shown() const { return file + (line > 0 ? ':' + std::to_string(line) : "") + ": " + text; }

LoadedConfig parseConfig(std::string_view yaml, const std::string& fileName) {
    LoadedConfig loaded;
    try {
        const YAML::Node node = YAML::Load(std::string{yaml});
        const YamlPlace root{node, "", hosting::lineOf(node), fileName, loaded.problems};
        hosting::readYaml(root, loaded.config);
        check(root, loaded.config);
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
