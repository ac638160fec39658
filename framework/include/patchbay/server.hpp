#pragma once
// Server: deploys endpoints and serves them.
//
//     int main() {
//         patchbay::Server server;
//         server.deploy<Echo>();
//         return server.run();      // until Ctrl-C or SIGTERM
//     }

#include <patchbay/config.hpp>
#include <patchbay/server_container.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace patchbay {

class Plugin;

/// Thread: one at a time until start(); afterwards stop() from any, and what ServerContainer says of its members.
class Server final : public ServerContainer {
public:
    explicit Server(ServerConfig config = {});
    ~Server() override;
    /// Adds a plugin that is linked in, as the configuration adds those in libraries. It is installed by start().
    Server& install(std::unique_ptr<Plugin> plugin);
    /// Starts to listen.   Errors: DeploymentError, listing everything at once; the server is then as before.
    void start();
    /// The port of the first address, also where 0 was asked for.   Requires: started.
    std::uint16_t port() const;
    /// Stops gracefully: no new sessions, 1001 to every session, at most the configured `drainTimeout`.
    void stop();
    /// Reads the certificates of https addresses again: new connections see them, the others live on.
    /// Errors: DeploymentError, naming each file that is wrong; then nothing has changed for that address.   Thread: any.
    void reloadCertificates();
    /// start(), says where it listens, waits for SIGINT or SIGTERM, stop(). A second signal exits at once; SIGHUP is
    /// reloadCertificates().
    /// Returns the program's exit code: 0, or 1 after telling what kept it from starting. `ready` is called when it
    /// listens.
    int run(const std::function<void()>& ready = {});

private:
    struct Parts;
    void add(std::vector<detail::EndpointModel> models) override;
    hosting::Container& container() const noexcept override;

    std::unique_ptr<Parts> parts_;
};

}  // namespace patchbay
