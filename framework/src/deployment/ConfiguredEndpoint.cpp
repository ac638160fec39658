#include "deployment/ConfiguredEndpoint.hpp"

#include "base/Origin.hpp"

#include <algorithm>

namespace patchbay::deployment {
namespace {

void apply(const SendQueueChange& change, SendQueue& queue) {
    if (change.bytes) queue.bytes = *change.bytes;
    if (change.whenFull) queue.whenFull = *change.whenFull;
}

/// Zero means "for ever" or "no limit": more than any number.
template <class T>
bool isLooser(T value, T than) {
    if (than == T{}) return false;
    return value == T{} || value > than;
}

/// One endpoint's entry, applied attribute by attribute.
class Tightening {
public:
    Tightening(const std::string& path, std::vector<std::string>& problems) : path_{path}, problems_{problems} {}

    /// `said`: the annotation sets this attribute itself.
    template <class T>
    void limit(const char* key, bool said, const T& value, T& limit) {
        if (said && isLooser(value, limit)) return refuse(key, "is looser than the endpoint's annotation");
        limit = value;
    }

    /// None is the server's own origin alone: as tight as can be.
    void origins(const std::vector<std::string>& values, std::vector<std::string>& allowed) {
        std::vector<std::string> chosen;
        for (const std::string& value : values) {
            chosen.push_back(normalOrigin(value));
            const auto allows = [&](const std::string& entry) { return allowsOrigin(entry, chosen.back()); };
            if (!allowed.empty() && std::ranges::none_of(allowed, allows)) return adds("origins", value);
        }
        allowed = std::move(chosen);
    }

    /// None lets everybody in.
    void roles(const std::vector<std::string>& values, std::vector<std::string>& wanted) {
        if (values.empty() && !wanted.empty()) {
            return refuse("roles", "is empty and lets everybody in, where the endpoint's annotation asks for a role");
        }
        for (const std::string& value : values) {
            if (!wanted.empty() && std::ranges::find(wanted, value) == wanted.end()) return adds("roles", value);
        }
        wanted = values;
    }

private:
    void adds(const char* key, const std::string& value) {
        refuse(key, "adds " + value + ", which the endpoint's annotation does not have");
    }
    void refuse(const char* key, const std::string& why) {
        problems_.push_back("endpoints: \"" + path_ + "\": " + key + " " + why + "; an entry may only tighten it");
    }

    const std::string& path_;
    std::vector<std::string>& problems_;
};

EndpointConfig fromAnnotation(const detail::EndpointModel& model, const Limits& limits) {
    const ServerEndpointOptions& options = model.options;
    EndpointConfig config;
    config.className = model.className;
    config.path = model.path;
    config.subprotocols.assign(options.subprotocols.begin(), options.subprotocols.end());
    for (const std::string_view origin : options.origins) config.origins.push_back(normalOrigin(origin));
    config.roles.assign(options.roles.begin(), options.roles.end());
    config.limits = limits;
    if (options.idleTimeout) config.limits.idleTimeout = *options.idleTimeout;
    if (options.maxMessageSize != 0) config.limits.maxMessageSize = options.maxMessageSize;
    apply(options.sendQueue, config.limits.sendQueue);
    if (options.receiveQueue != 0) config.limits.receiveQueue = options.receiveQueue;
    if (options.maxMessageRate != 0) config.limits.maxMessageRate = options.maxMessageRate;
    if (options.maxByteRate != 0) config.limits.maxByteRate = options.maxByteRate;
    if (options.maxSessions != 0) config.limits.maxSessions = options.maxSessions;
    return config;
}

void checkOrigins(const detail::EndpointModel& model, std::vector<std::string>& problems) {
    for (const std::string_view origin : model.options.origins) {
        const std::string problem = originProblem(origin);
        if (problem.empty()) continue;
        problems.push_back(model.className + " at " + std::string{model.path} + ": origins: \"" + std::string{origin} + "\" " + problem);
    }
}

void tighten(EndpointConfig& config, const ServerEndpointOptions& said, const EndpointOverrides& entry,
             std::vector<std::string>& problems) {
    Tightening change{config.path, problems};
    Limits& limits = config.limits;
    if (entry.idleTimeout) change.limit("idleTimeout", said.idleTimeout.has_value(), *entry.idleTimeout, limits.idleTimeout);
    if (entry.maxMessageSize) change.limit("maxMessageSize", said.maxMessageSize != 0, entry.maxMessageSize->bytes, limits.maxMessageSize);
    if (entry.maxMessageRate) change.limit("maxMessageRate", said.maxMessageRate != 0, *entry.maxMessageRate, limits.maxMessageRate);
    if (entry.maxByteRate) change.limit("maxByteRate", said.maxByteRate != 0, entry.maxByteRate->bytes, limits.maxByteRate);
    if (entry.maxSessions) change.limit("maxSessions", said.maxSessions != 0, *entry.maxSessions, limits.maxSessions);
    if (entry.sendQueue.bytes) {
        change.limit("sendQueue.bytes", said.sendQueue.bytes.has_value(), entry.sendQueue.bytes->bytes, limits.sendQueue.bytes);
    }
    if (entry.sendQueue.whenFull) limits.sendQueue.whenFull = *entry.sendQueue.whenFull;
    if (entry.receiveQueue)
        change.limit("receiveQueue", said.receiveQueue != 0, entry.receiveQueue->bytes, limits.receiveQueue);
    if (entry.origins) change.origins(*entry.origins, config.origins);
    if (entry.roles) change.roles(*entry.roles, config.roles);
}

}  // namespace

Limits serverLimits(const ServerConfig& config) {
    Limits limits;
    if (config.limits.handshakeTimeout) limits.handshakeTimeout = *config.limits.handshakeTimeout;
    if (config.limits.idleTimeout) limits.idleTimeout = *config.limits.idleTimeout;
    if (config.limits.messageTimeout) limits.messageTimeout = *config.limits.messageTimeout;
    if (config.limits.sendTimeout) limits.sendTimeout = *config.limits.sendTimeout;
    if (config.limits.maxFragments) limits.maxFragments = *config.limits.maxFragments;
    if (config.limits.maxMessageSize) limits.maxMessageSize = *config.limits.maxMessageSize;
    if (config.limits.maxMessageRate) limits.maxMessageRate = *config.limits.maxMessageRate;
    if (config.limits.maxByteRate) limits.maxByteRate = *config.limits.maxByteRate;
    if (config.limits.maxSessions) limits.maxSessions = *config.limits.maxSessions;
    if (config.limits.maxTopics) limits.maxTopics = *config.limits.maxTopics;
    if (config.limits.receiveQueue) limits.receiveQueue = *config.limits.receiveQueue;
    apply(config.limits.sendQueue, limits.sendQueue);
    return limits;
}

ConfiguredEndpoint configure(detail::EndpointModel model, const ServerConfig& config, std::vector<std::string>& problems) {
    checkOrigins(model, problems);
    EndpointConfig endpoint = fromAnnotation(model, serverLimits(config));
    const auto entry = config.endpoints.find(endpoint.path);
    if (entry != config.endpoints.end()) tighten(endpoint, model.options, entry->second, problems);
    // What the operator lays down holds for every handler.
    if (entry != config.endpoints.end() && entry->second.maxMessageSize) {
        model.maxHandlerMessageBytes = std::min(model.maxHandlerMessageBytes, endpoint.limits.maxMessageSize);
    }
    return {std::move(model), std::move(endpoint)};
}

void checkEntries(const ServerConfig& config, const std::vector<std::string>& paths, std::vector<std::string>& problems) {
    for (const auto& [path, entry] : config.endpoints) {
        if (std::ranges::find(paths, path) != paths.end()) continue;
        std::string text = "endpoints: \"" + path + "\" names no deployed endpoint; deployed are";
        if (paths.empty()) text += " none";
        for (const std::string& deployed : paths) text += " " + deployed;
        problems.push_back(std::move(text));
    }
}

}  // namespace patchbay::deployment
