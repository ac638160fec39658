#include "hosting/RequestHandler.hpp"

#include "base/Log.hpp"
#include "hosting/ReplaySocket.hpp"
#include "protocol/Handshake.hpp"

#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/StreamCopier.h>
#include <Poco/String.h>

#include <algorithm>
#include <ostream>

namespace patchbay::hosting {
namespace {

using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerRequestImpl;
using Poco::Net::HTTPServerResponse;

Exchange& exchangeOf(HTTPServerRequest& request) {
    return static_cast<ReplaySocket*>(static_cast<HTTPServerRequestImpl&>(request).socket().impl())->exchange();
}

/// Errors: std::invalid_argument for a field that would end early and let the rest pass as fields of its own.
void requireField(std::string_view name, std::string_view value) {
    const auto isControl = [](char c) { return static_cast<unsigned char>(c) < ' ' && c != '\t'; };
    if (name.empty() || std::ranges::any_of(name, isControl) || std::ranges::any_of(value, isControl)) {
        throw std::invalid_argument{"the application set a header with a control character in it"};
    }
}

void answer(HTTPServerRequest& request, HTTPServerResponse& response, int status, const HeaderFields& headers,
            std::string_view body) {
    response.setStatusAndReason(static_cast<Poco::Net::HTTPResponse::HTTPStatus>(status));
    const bool keepAlive = response.getKeepAlive();
    for (const auto& [name, value] : headers) {
        requireField(name, value);
        if (!Poco::icompare(name, "Connection")) continue;  // the connection is the server's
        response.add(name, value);
    }
    // RFC 9110 §7.8: "A sender of Upgrade MUST also send an 'Upgrade' connection option".
    if (response.has("Upgrade")) response.set("Connection", keepAlive ? "Upgrade" : "Upgrade, close");
    if (!body.empty() && !response.has("Content-Type")) response.setContentType("text/plain; charset=utf-8");
    response.setContentLength64(static_cast<Poco::Int64>(body.size()));
    std::ostream& out = response.send();
    if (request.getMethod() != "HEAD") out.write(body.data(), static_cast<std::streamsize>(body.size()));
    exchangeOf(request).keepAlive = keepAlive;
}

HeaderFields fieldsOf(const HTTPServerRequest& request) {
    HeaderFields fields;
    for (const auto& [name, value] : request) fields.emplace_back(name, value);
    return fields;
}

HandshakeRequest handshakeOf(HTTPServerRequest& request, const protocol::ServerHandshake& offered) {
    const Exchange& exchange = exchangeOf(request);
    HandshakeRequest handshake;
    handshake.target = request.getURI();
    handshake.host = request.getHost();
    handshake.secure = exchange.secure;
    handshake.uri = (exchange.secure ? "wss://" : "ws://") + handshake.host + handshake.target;
    handshake.headers = fieldsOf(request);
    handshake.remoteAddress = exchange.remoteAddress;
    handshake.offeredSubprotocols = offered.offeredSubprotocols;
    handshake.offeredExtensions = offered.offeredExtensions;
    return handshake;
}

protocol::ServerHandshake readHandshake(const HTTPServerRequest& request) {
    std::vector<protocol::HeaderField> fields;
    for (const auto& [name, value] : request) fields.push_back({name, value});
    const bool http11 = request.getVersion() == "HTTP/1.1";
    return protocol::readServerHandshake({request.getMethod(), 1, http11 ? 1 : 0, fields});
}

/// RFC 6454 §7.3: a client sends one Origin, with a value, or none. Of two, only one would be checked.
bool hasDoubtfulOrigin(const HTTPServerRequest& request) {
    int count = 0;
    for (const auto& [name, value] : request) {
        if (Poco::icompare(name, "Origin") == 0) count += value.empty() ? 2 : 1;
    }
    return count > 1;
}

void append(std::string& head, std::string_view name, std::string_view value) {
    requireField(name, value);
    head.append(name).append(": ").append(value).append("\r\n");
}

/// The 101, written without POCO's response streams: they cost as much as the rest of the handshake.
std::string switchingProtocols(const protocol::ServerHandshake& handshake, const Admission& admission) {
    std::string head = "HTTP/1.1 101 Switching Protocols\r\n";
    for (const auto& field : protocol::answerFields(handshake, admission.start.subprotocol, admission.start.extensions)) {
        append(head, field.name, field.value);
    }
    for (const auto& [name, value] : admission.headers) append(head, name, value);
    return head.append("\r\n");
}

class UpgradeHandler final : public Poco::Net::HTTPRequestHandler {
public:
    explicit UpgradeHandler(Container& container) noexcept : container_{container} {}

    void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override {
        auto handshake = readHandshake(request);
        if (!handshake.isAccepted()) {
            HeaderFields headers;
            for (auto& field : protocol::answerFields(handshake)) headers.emplace_back(field.name, field.value);
            answer(request, response, handshake.status, headers, handshake.problem + "\n");
            return;
        }
        if (hasDoubtfulOrigin(request)) {
            return answer(request, response, 400, {}, "more than one Origin field, or an empty one (RFC 6454 §7.3)\n");
        }
        Admission admission = container_.admit(handshakeOf(request, handshake));
        if (admission.rejection) {
            HeaderFields headers = std::move(admission.headers);
            headers.insert(headers.end(), admission.rejection->headers.begin(), admission.rejection->headers.end());
            answer(request, response, admission.rejection->status, headers, admission.rejection->body);
            return;
        }
        std::string head = switchingProtocols(handshake, admission);
        exchangeOf(request).upgrade = Exchange::Upgrade{std::move(admission), std::move(head)};
    }

private:
    Container& container_;
};

class PlainHandler final : public Poco::Net::HTTPRequestHandler {
public:
    explicit PlainHandler(Container& container) noexcept : container_{container} {}

    void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override {
        HttpMatch match = container_.findHandler(request.getMethod(), request.getURI());
        if (!match.handler) return answer(request, response, match.status, match.headers, match.problem);
        HttpRequest plain{request.getMethod(), request.getURI(), fieldsOf(request), {}, exchangeOf(request).remoteAddress,
                          exchangeOf(request).secure, std::move(match.pathParameters)};
        Poco::StreamCopier::copyToString(request.stream(), plain.body);
        HttpResponse result;
        try {
            (*match.handler)(plain, result);
        } catch (const std::exception& error) {
            log::error(request.getURI(), std::string{"its handler threw "} + error.what());
            result = HttpResponse{500, {}, "the server could not answer this request\n"};
        } catch (...) {
            log::error(request.getURI(), "its handler threw something that is no std::exception");
            result = HttpResponse{500, {}, "the server could not answer this request\n"};
        }
        answer(request, response, result.status, result.headers, result.body);
    }

private:
    Container& container_;
};

}  // namespace

bool asksForWebSocket(std::string_view upgrade) {
    const protocol::HeaderField field{"Upgrade", upgrade};
    return protocol::listContains({&field, 1}, "Upgrade", "websocket");
}

Poco::Net::HTTPRequestHandler* RequestHandlerFactory::createRequestHandler(const HTTPServerRequest& request) {
    // Before it calls the handler POCO sends 100 Continue where the client expects it and the status is still OK. The
    // gate has done so already, or the body would not be here.
    request.response().setStatus(Poco::Net::HTTPResponse::HTTP_CONTINUE);
    if (asksForWebSocket(request.get("Upgrade", ""))) return new UpgradeHandler{container_};
    return new PlainHandler{container_};
}

}  // namespace patchbay::hosting
