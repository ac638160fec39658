#include "http/Client.hpp"

#include "http/RequestTarget.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace patchbay::http {
namespace {

using protocol::equalsIgnoringCase;

/// The values of a list in the order in which proxies have added them, over all fields of that name.
std::vector<std::string_view> valuesOf(const RequestHead& head, std::string_view name) {
    std::vector<std::string_view> values;
    for (const auto& field : head.headers()) {
        if (!equalsIgnoringCase(field.name, name)) continue;
        std::string_view rest = field.value;
        for (;;) {
            const std::size_t comma = rest.find(',');
            values.push_back(protocol::trimmed(rest.substr(0, comma)));
            if (comma == std::string_view::npos) break;
            rest.remove_prefix(comma + 1);
        }
    }
    return values;
}

/// What one proxy says of where it got the request from.
struct Hop {
    std::string from;
    std::string host;
    std::string proto;
};

/// `bytes` up to the end of a token or quoted string, which is unescaped into `value`. False when neither stands there.
bool takeValue(std::string_view& bytes, std::string& value) {
    value.clear();
    if (!bytes.starts_with('"')) {
        const auto end = std::ranges::find_if(bytes, [](char c) { return c == ';' || c == ',' || c == ' ' || c == '\t'; });
        value.assign(bytes.begin(), end);
        bytes.remove_prefix(value.size());
        return protocol::isToken(value);
    }
    for (std::size_t i = 1; i < bytes.size(); ++i) {
        if (bytes[i] == '"') {
            bytes.remove_prefix(i + 1);
            return true;
        }
        if (bytes[i] == '\\' && ++i == bytes.size()) return false;
        value += bytes[i];
    }
    return false;
}

void skipBlanks(std::string_view& bytes) {
    while (bytes.starts_with(' ') || bytes.starts_with('\t')) bytes.remove_prefix(1);
}

/// The elements of a Forwarded field (RFC 7239 §4). False when it is none: then nobody knows where an element begins.
bool readForwarded(std::string_view bytes, std::vector<Hop>& hops) {
    std::string value;
    bool isWithin = false;  // an element, behind a semicolon
    for (Hop hop;;) {
        skipBlanks(bytes);
        if (!isWithin && bytes.empty()) return true;
        if (!isWithin && bytes.front() == ',') {  // empty elements do not count (RFC 9110 §5.6.1)
            bytes.remove_prefix(1);
            continue;
        }
        const std::size_t equals = bytes.find('=');
        if (equals == std::string_view::npos) return false;
        const std::string_view name = bytes.substr(0, equals);
        if (!protocol::isToken(name)) return false;
        bytes.remove_prefix(equals + 1);
        if (!takeValue(bytes, value)) return false;
        if (equalsIgnoringCase(name, "for")) hop.from = value;
        if (equalsIgnoringCase(name, "host")) hop.host = value;
        if (equalsIgnoringCase(name, "proto")) hop.proto = value;
        skipBlanks(bytes);
        const bool ends = bytes.empty();
        if (!ends && bytes.front() != ';' && bytes.front() != ',') return false;
        if (ends || bytes.front() == ',') hops.push_back(std::exchange(hop, {}));
        if (ends) return true;
        isWithin = bytes.front() == ';';
        bytes.remove_prefix(1);
    }
}

/// Nothing when one of the fields is none: a client that leaves a quote open would make its proxy's own words a part of its text.
std::optional<std::vector<Hop>> forwardedHops(const RequestHead& head) {
    std::vector<Hop> hops;
    for (const auto& field : head.headers()) {
        if (equalsIgnoringCase(field.name, "Forwarded") && !readForwarded(field.value, hops)) return std::nullopt;
    }
    return hops;
}

/// The value that the proxy of `hop`, counted from the right, has set; where there are fewer, the outermost's.
std::string_view valueOfHop(const std::vector<std::string_view>& values, std::size_t hop) {
    return values.empty() ? std::string_view{} : values[values.size() - 1 - std::min(hop, values.size() - 1)];
}

/// How many hops from the right the client stands, and its address. Nothing when not even the first is one.
struct Found {
    std::size_t hop = 0;
    std::optional<IpEndpoint> endpoint;
};

template <class TextOfHop>
Found findClient(std::size_t hops, const TrustedProxies& trusted, TextOfHop textOfHop) {
    Found found;
    for (std::size_t hop = 0; hop < hops; ++hop) {
        auto endpoint = IpEndpoint::parse(textOfHop(hop));
        if (!endpoint) break;
        found = {hop, std::move(endpoint)};
        if (!trusted.trusts(found.endpoint->address)) break;
    }
    return found;
}

void takeProto(std::string_view proto, Client& client) {
    if (equalsIgnoringCase(proto, "https") || equalsIgnoringCase(proto, "wss")) client.secure = true;
    if (equalsIgnoringCase(proto, "http") || equalsIgnoringCase(proto, "ws")) client.secure = false;
}

bool hasPort(std::string_view authority) {
    const std::size_t colon = authority.rfind(':');
    return colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
}

/// A port that the host does not name, and that is not its scheme's own.
void addPort(const RequestHead& head, std::string_view port, Client& client) {
    const bool isNumber = !port.empty() && port.size() <= 5 && std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; });
    const std::string_view host = client.host.empty() ? head.host : std::string_view{client.host};
    if (!isNumber || host.empty() || hasPort(host) || port == (client.secure ? "443" : "80")) return;
    client.host = std::string{host}.append(":").append(port);
}

}  // namespace

Client clientOf(const RequestHead& head, std::string_view peer, bool secure, const ProxyRules& rules) {
    Client client{.address = std::string{peer}, .host = {}, .secure = secure, .proxied = true, .problem = {}};
    Found found;
    std::string host;
    std::string_view port;
    if (rules.by == ForwardedBy::Forwarded) {
        auto read = forwardedHops(head);
        if (!read) client.problem = "the field Forwarded, which a proxy of this server writes, is malformed (RFC 7239 §4)";
        const auto hops = std::move(read).value_or(std::vector<Hop>{});
        found = findClient(hops.size(), rules.trusted, [&](std::size_t hop) { return std::string_view{hops[hops.size() - 1 - hop].from}; });
        if (!hops.empty()) {
            const Hop& hop = hops[hops.size() - 1 - found.hop];
            takeProto(hop.proto, client);
            host = hop.host;
        }
    } else {
        const auto hops = valuesOf(head, "X-Forwarded-For");
        found = findClient(hops.size(), rules.trusted, [&](std::size_t hop) { return hops[hops.size() - 1 - hop]; });
        takeProto(valueOfHop(valuesOf(head, "X-Forwarded-Proto"), found.hop), client);
        host = valueOfHop(valuesOf(head, "X-Forwarded-Host"), found.hop);
        port = valueOfHop(valuesOf(head, "X-Forwarded-Port"), found.hop);
    }
    if (found.endpoint) client.address = found.endpoint->text();
    if (!host.empty() && isHost(host)) client.host = std::move(host);
    addPort(head, port, client);
    return client;
}

}  // namespace patchbay::http
