#pragma once
// What POCO calls for each request: a handshake is decided, a plain request goes to its handler.

#include "hosting/Container.hpp"

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>

namespace patchbay::hosting {

class RequestHandlerFactory final : public Poco::Net::HTTPRequestHandlerFactory {
public:
    explicit RequestHandlerFactory(Container& container) noexcept : container_{container} {}
    Poco::Net::HTTPRequestHandler* createRequestHandler(const Poco::Net::HTTPServerRequest& request) override;

private:
    Container& container_;
};

}  // namespace patchbay::hosting
