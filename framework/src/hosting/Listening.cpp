#include "hosting/Listening.hpp"

#include "hosting/Deployments.hpp"
#include "hosting/ListenUrl.hpp"

#include <algorithm>
#include <stdexcept>
#include <thread>

namespace patchbay::hosting {
namespace {

ListenUrl parse(const std::string& url) {
    auto parsed = parseListenUrl(url);
    if (const auto* problem = std::get_if<std::string>(&parsed)) throw std::invalid_argument{"server.listen: " + *problem};
    return std::get<ListenUrl>(parsed);
}

}  // namespace

unsigned loopCount(const ServerConfig& config) {
    if (config.server.loops) return static_cast<unsigned>(std::max<std::size_t>(*config.server.loops, 1));
    return std::max(std::thread::hardware_concurrency(), 1U);
}

GateOptions gateOptions(const ServerConfig& config) {
    GateOptions options;
    options.head.maxHeadBytes = config.server.headBytes;
    options.maxBodyBytes = config.server.requestBody;
    options.handshakeTimeout = serverLimits(config).handshakeTimeout;
    options.maxConnections = config.server.maxConnections;
    return options;
}

transport::ListenAddress addressOf(const Listen& listen) {
    const ListenUrl url = parse(listen.url);
    return {url.host, url.port};
}

std::string shownUrl(const Listen& listen, std::uint16_t port) { return shown({parse(listen.url).host, port}); }

void setPort(Listen& listen, std::uint16_t port) { listen.url = shownUrl(listen, port); }

}  // namespace patchbay::hosting
