#pragma once
// What a server's gate asks: pages and endpoints are what is deployed, and a handshake that is admitted makes a connection a session's.

#include "deployment/Deployments.hpp"
#include "http/Site.hpp"
#include "websocket/WebSocketCarrier.hpp"

#include <cstddef>
#include <vector>

namespace patchbay::server {

class ServedSite final : public http::Site {
public:
    explicit ServedSite(deployment::Deployments& deployments)
        : deployments_{deployments}, carriers_(deployments.state().loops.size()) {}

    http::Match find(std::string_view method, std::string_view path) const override { return deployments_.find(method, path); }
    std::shared_ptr<void> upgrade(const http::UpgradeRequest& request, http::Decided decided) override;
    bool knowsHost(std::string_view name) const override { return deployments_.knowsHost(name); }
    bool beginsSilence(std::string_view address) noexcept override;
    void endsSilence(std::string_view address) noexcept override;
    bool isStopping() const noexcept override { return deployments_.isDraining(); }

    /// Those of a loop.   Thread: the loop's.
    websocket::WebSocketCarrier::List& carriers(std::size_t loopIndex) noexcept { return carriers_[loopIndex]; }
    /// Cuts the WebSockets that are left on a loop: none may outlive its server.   Thread: the loop's.
    void cutAll(std::size_t loopIndex);

private:
    class Opening;
    http::Upgrade upgradeOf(deployment::Admission&& admission, std::size_t loopIndex);

    deployment::Deployments& deployments_;
    std::vector<websocket::WebSocketCarrier::List> carriers_;  // by loop; each is its loop's alone
};

}  // namespace patchbay::server
