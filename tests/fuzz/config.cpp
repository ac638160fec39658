// The configuration: any YAML. What reads without a problem reads the same when it is written in the plainest way.
//
//   input = YAML

#include "Fuzz.hpp"

#include <patchbay/config.hpp>
#include <patchbay/json.hpp>

namespace patchbay::fuzz {
namespace {

/// JSON's texts are YAML's double-quoted ones.
std::string quoted(std::string_view text) {
    std::string all;
    json::write(all, text);
    return all;
}

void add(std::string& yaml, std::string_view key, const std::string& value) {
    yaml.append(yaml.ends_with("{") ? " " : ", ").append(key).append(": ").append(value);
}
void add(std::string& yaml, std::string_view key, std::chrono::milliseconds value) {
    add(yaml, key, std::to_string(value.count()) + "ms");
}
void add(std::string& yaml, std::string_view key, Size value) { add(yaml, key, std::to_string(value.bytes) + "B"); }
void add(std::string& yaml, std::string_view key, std::size_t value) { add(yaml, key, std::to_string(value)); }
void add(std::string& yaml, std::string_view key, const std::vector<std::string>& values) {
    std::string list = "[";
    for (const std::string& value : values) list.append(list == "[" ? " " : ", ").append(quoted(value));
    add(yaml, key, list + " ]");
}

template <class T>
void add(std::string& yaml, std::string_view key, const std::optional<T>& value) {
    if (value) add(yaml, key, *value);
}

void add(std::string& yaml, const SendQueueChange& queue) {
    if (queue.bytes) add(yaml, "sendQueue", "{ bytes: " + std::to_string(queue.bytes->bytes) + "B }");
}

/// The numbers, texts and lists of a configuration, each with its smallest unit.
/// Errors: json::EncodeError for a text that is not UTF-8, which YAML's readers let pass.
std::string plainly(const ServerConfig& config) {
    std::string yaml = "server: {";
    std::vector<std::string> urls;
    for (const ListenConfig& listen : config.server.listen) urls.push_back(listen.url);
    add(yaml, "listen", urls);
    add(yaml, "loops", config.server.loops);
    add(yaml, "workers", config.server.workers);
    if (config.server.maxConnections != 0) add(yaml, "maxConnections", config.server.maxConnections);
    add(yaml, "memory", config.server.memory);
    add(yaml, "drainTimeout", config.server.drainTimeout);
    add(yaml, "requestBody", config.server.requestBody);
    add(yaml, "hosts", config.server.hosts);
    add(yaml, "trustedProxies", config.server.trustedProxies);
    add(yaml, "headBytes", config.server.headBytes);
    add(yaml, "requestLine", config.server.requestLine);
    add(yaml, "headFields", config.server.headFields);
    add(yaml, "keepAliveTimeout", config.server.keepAliveTimeout);
    add(yaml, "loopQueue", config.server.loopQueue);
    add(yaml, "publishTimeout", config.server.publishTimeout);
    add(yaml, "executorQueue", config.server.executorQueue);
    add(yaml, "pendingHandshakes", config.server.pendingHandshakes);
    add(yaml, "watchdog", config.server.watchdog);
    yaml += " }\nlimits: {";
    add(yaml, "handshakeTimeout", config.limits.handshakeTimeout);
    add(yaml, "idleTimeout", config.limits.idleTimeout);
    add(yaml, "messageTimeout", config.limits.messageTimeout);
    add(yaml, "sendTimeout", config.limits.sendTimeout);
    add(yaml, "maxFragments", config.limits.maxFragments);
    add(yaml, "maxMessageSize", config.limits.maxMessageSize);
    add(yaml, config.limits.sendQueue);
    add(yaml, "receiveQueue", config.limits.receiveQueue);
    add(yaml, "maxSessions", config.limits.maxSessions);
    add(yaml, "maxTopics", config.limits.maxTopics);
    yaml += " }\nendpoints: {";
    for (const auto& [path, endpoint] : config.endpoints) {
        std::string entry = "{";
        add(entry, "origins", endpoint.origins);
        add(entry, "roles", endpoint.roles);
        add(entry, "idleTimeout", endpoint.idleTimeout);
        add(entry, "maxMessageSize", endpoint.maxMessageSize);
        add(entry, endpoint.sendQueue);
        add(entry, "receiveQueue", endpoint.receiveQueue);
        add(entry, "maxSessions", endpoint.maxSessions);
        add(yaml, quoted(path), entry + " }");
    }
    return yaml + " }\n";
}

void checkPlain(const ServerConfig& config) {
    const std::string plain = plainly(config);
    const LoadedConfig again = parseConfig(plain, "plain.yaml");
    require(again.problems.empty(), again.problems.empty() ? "" : again.problems.front().shown() + "\n" + plain);
    require(plainly(again.config) == plain, "a configuration written plainly says the same");
}

void run(std::string_view yaml) {
    const LoadedConfig loaded = parseConfig(yaml, "fuzz.yaml");
    const auto lines = std::ranges::count_if(yaml, [](char c) { return c == '\n' || c == '\r'; }) + 2;
    for (const ConfigProblem& problem : loaded.problems) {
        require(!problem.text.empty() && problem.shown().starts_with("fuzz.yaml:"), "a problem names its file and itself");
        require(problem.line >= 0 && problem.line <= lines, "a problem stands on a line of its file");
    }
    if (!loaded.problems.empty()) return;
    try {
        checkPlain(loaded.config);
    } catch (const json::EncodeError&) {
        return;
    }
}

}  // namespace
}  // namespace patchbay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    patchbay::fuzz::run({reinterpret_cast<const char*>(data), size});
    return 0;
}
