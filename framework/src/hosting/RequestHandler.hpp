#pragma once
// What POCO calls for each request: a handshake is decided, a plain request goes to its handler.

#include "hosting/Container.hpp"
#include "hosting/Workers.hpp"

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>

namespace patchbay::hosting {

class RequestHandlerFactory final : public Poco::Net::HTTPRequestHandlerFactory {
public:
    RequestHandlerFactory(Container& container, Workers& workers) noexcept : container_{container}, workers_{workers} {}
    Poco::Net::HTTPRequestHandler* createRequestHandler(const Poco::Net::HTTPServerRequest& request) override;

private:
    Container& container_;
    Workers& workers_;
};

}  // namespace patchbay::hosting
