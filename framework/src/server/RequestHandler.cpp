#include "server/RequestHandler.hpp"

#include "base/Guarded.hpp"
#include "server/ReplaySocket.hpp"
#include "protocol/Handshake.hpp"

#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/StreamCopier.h>
#include <Poco/String.h>

#include <algorithm>
#include <ostream>

namespace patchbay::server {

using deployment::Admission, deployment::HttpMatch;
using http::RequestHead;
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
    response.set("Server", "Patchbay");
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

HeaderFields fieldsOf(const RequestHead& head) {
    HeaderFields fields;
    fields.reserve(head.headers().size());
    for (const auto& [name, value] : head.headers()) fields.emplace_back(name, value);
    return fields;
}

/// Takes the lists out of `offered`.
HandshakeRequest handshakeOf(const Exchange& exchange, protocol::ServerHandshake& offered) {
    HandshakeRequest handshake;
    handshake.target = exchange.head->target;
    handshake.host = exchange.head->header("Host");
    handshake.secure = exchange.secure;
    handshake.uri.reserve(6 + handshake.host.size() + handshake.target.size());
    handshake.uri.append(exchange.secure ? "wss://" : "ws://").append(handshake.host).append(handshake.target);
    handshake.headers = fieldsOf(*exchange.head);
    handshake.remoteAddress = exchange.remoteAddress;
    handshake.offeredSubprotocols = std::move(offered.offeredSubprotocols);
    handshake.offeredExtensions = std::move(offered.offeredExtensions);
    return handshake;
}

/// RFC 6454 §7.3: a client sends one Origin, with a value, or none. Of two, only one would be checked.
bool hasDoubtfulOrigin(const RequestHead& head) {
    const std::size_t count = protocol::countFields(head.headers(), "Origin");
    return count > 1 || (count == 1 && head.header("Origin").empty());
}

void append(std::string& head, std::string_view name, std::string_view value) {
    requireField(name, value);
    head.append(name).append(": ").append(value).append("\r\n");
}

/// The 101, written without POCO's response streams: they cost as much as the rest of the handshake.
std::string switchingProtocols(const protocol::ServerHandshake& handshake, const Admission& admission) {
    std::string head;
    head.reserve(512);
    head = "HTTP/1.1 101 Switching Protocols\r\n";
    for (const auto& field : protocol::answerFields(handshake, admission.start.subprotocol, admission.start.extensions)) {
        append(head, field.name, field.value);
    }
    for (const auto& [name, value] : admission.headers) append(head, name, value);
    return head.append("\r\n");
}

class RequestHandler final : public Poco::Net::HTTPRequestHandler {
public:
    RequestHandler(Deployments& deployments, Workers& workers) noexcept : deployments_{deployments}, workers_{workers} {}

    void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override {
        if (exchangeOf(request).head->namesWebSocket) {
            upgrade(request, response);
        } else {
            answerPlain(request, response);
        }
        response.setKeepAlive(false);  // or POCO would take a body that nobody has read for the next request
    }

private:
    void upgrade(HTTPServerRequest& request, HTTPServerResponse& response) const {
        Exchange& exchange = exchangeOf(request);
        const RequestHead& head = *exchange.head;
        auto handshake = protocol::readServerHandshake({head.method, 1, head.minorVersion, head.headers()});
        if (!handshake.isAccepted()) {
            HeaderFields headers;
            for (auto& field : protocol::answerFields(handshake)) headers.emplace_back(field.name, field.value);
            answer(request, response, handshake.status, headers, handshake.problem + "\n");
            return;
        }
        if (hasDoubtfulOrigin(head)) {
            return answer(request, response, 400, {}, "more than one Origin field, or an empty one (RFC 6454 §7.3)\n");
        }
        Admission admission = deployments_.admit(handshakeOf(exchange, handshake));
        if (admission.rejection) {
            const HttpResponse refusal = refusalOf(admission);
            return answer(request, response, refusal.status, refusal.headers, refusal.body);
        }
        std::string answerHead = switchingProtocols(handshake, admission);
        exchange.upgrade = Exchange::Upgrade{std::move(admission), std::move(answerHead)};
    }

    void answerPlain(HTTPServerRequest& request, HTTPServerResponse& response) const {
        const Exchange& exchange = exchangeOf(request);
        const RequestHead& head = *exchange.head;
        HttpMatch match = deployments_.findHandler(head.method, head.target);
        if (!match.handler) return answer(request, response, match.status, match.headers, match.problem);
        HttpRequest plain{std::string{head.method}, std::string{head.target}, fieldsOf(head), {},
                          std::string{exchange.remoteAddress}, exchange.secure, std::move(match.pathParameters)};
        Poco::StreamCopier::copyToString(request.stream(), plain.body);
        HttpResponse result;
        const Workers::Turn turn{workers_, head.method, head.target};
        if (!guarded(head.target, "its handler", [&] { (*match.handler)(plain, result); })) {
            result = HttpResponse{500, {}, "the server could not answer this request\n"};
        }
        answer(request, response, result.status, result.headers, result.body);
    }

    Deployments& deployments_;
    Workers& workers_;
};

}  // namespace

Poco::Net::HTTPRequestHandler* RequestHandlerFactory::createRequestHandler(const HTTPServerRequest& request) {
    // Before it calls the handler POCO sends 100 Continue where the client expects it and the status is still OK. The
    // gate has done so already, or the body would not be here.
    request.response().setStatus(Poco::Net::HTTPResponse::HTTP_CONTINUE);
    return new RequestHandler{deployments_, workers_};
}

}  // namespace patchbay::server
