#pragma once
// What POCO calls for each request: a handshake is decided, a plain request goes to its handler.

#include "deployment/Deployments.hpp"
#include "http/Workers.hpp"

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>

namespace patchbay::server {

using deployment::Deployments;
using http::Workers;

class RequestHandlerFactory final : public Poco::Net::HTTPRequestHandlerFactory {
public:
    RequestHandlerFactory(Deployments& deployments, Workers& workers) noexcept : deployments_{deployments}, workers_{workers} {}
    Poco::Net::HTTPRequestHandler* createRequestHandler(const Poco::Net::HTTPServerRequest& request) override;

private:
    Deployments& deployments_;
    Workers& workers_;
};

}  // namespace patchbay::server
