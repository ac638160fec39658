#include "http/RequestHandler.hpp"

#include "http/ReplaySocket.hpp"

#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/StreamSocket.h>

namespace patchbay::http {
namespace {

using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerRequestImpl;
using Poco::Net::HTTPServerResponse;

class RequestHandler final : public Poco::Net::HTTPRequestHandler {
public:
    void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override {
        static_cast<ReplaySocket*>(static_cast<HTTPServerRequestImpl&>(request).socket().impl())->request().handle();
        response.setKeepAlive(false);  // its session serves this one request
    }
};

}  // namespace

Poco::Net::HTTPRequestHandler* RequestHandlerFactory::createRequestHandler(const HTTPServerRequest&) { return new RequestHandler; }

}  // namespace patchbay::http
