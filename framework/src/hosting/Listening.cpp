#include "hosting/Listening.hpp"

#include "hosting/Deployments.hpp"

#include <Poco/Exception.h>
#include <Poco/URI.h>

#include <stdexcept>
#include <thread>

namespace patchbay::hosting {
namespace {

Poco::URI parse(const std::string& url) {
    try {
        Poco::URI uri{url};
        if (uri.getScheme() == "http" && !uri.getHost().empty()) return uri;
    } catch (const Poco::Exception&) {  // not a URL at all: the same advice
    }
    throw std::invalid_argument{"server.listen: '" + url + "' is no address to listen on; write http://127.0.0.1:8080"};
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
    const Poco::URI uri = parse(listen.url);
    std::string host = uri.getHost();
    if (host.front() == '[') host = host.substr(1, host.size() - 2);
    return {host, uri.getPort()};
}

std::string shownUrl(const Listen& listen, std::uint16_t port) {
    const Poco::URI uri = parse(listen.url);
    std::string host = uri.getHost();
    if (host.find(':') != std::string::npos && host.front() != '[') host = "[" + host + "]";
    return "http://" + host + ":" + std::to_string(port);
}

}  // namespace patchbay::hosting
