#pragma once
// Server: deploys endpoints and serves them.
//
//     int main() {
//         patchbay::Server server;
//         server.deploy<Echo>();
//         return server.run();      // until Ctrl-C or SIGTERM
//     }

#include <patchbay/config.hpp>
#include <patchbay/detail/Binding.hpp>
#include <patchbay/detail/Registration.hpp>
#include <patchbay/hooks.hpp>
#include <patchbay/http.hpp>
#include <patchbay/services.hpp>
#include <patchbay/topics.hpp>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay {

class Plugin;

/// Everything that is wrong with what was to be deployed or listened on; one line each.
class DeploymentError : public std::runtime_error {
public:
    explicit DeploymentError(std::vector<std::string> problems);
    const std::vector<std::string>& problems() const noexcept { return problems_; }

private:
    std::vector<std::string> problems_;
};

/// Thread: one at a time until start(); afterwards deploy(), undeploy(), topicsOf() and stop() from any.
class Server {
public:
    explicit Server(ServerConfig config = {});
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Hands out `service` to every constructor that asks for a `T&` or a `std::shared_ptr<T>`.
    /// Requires: before the endpoints that ask for it are deployed or the server starts.
    template <class T>
    Server& provide(std::shared_ptr<T> service) {
        services().provide(std::move(service));
        return *this;
    }

    /// A service that somebody has provided, such as another plugin.   Errors: MissingService.
    template <class T>
    std::shared_ptr<T> service() {
        return services().get<std::shared_ptr<T>>();
    }

    /// Deploys an annotated class, with start() or, when the server runs, at once. The same class twice is once.
    /// Errors: DeploymentError, at start() or here; then nothing of it is deployed.   Source: Jakarta WebSocket §5.2.1
    template <class Endpoint>
    Server& deploy() {
        add({detail::makeModel<Endpoint>()});
        return *this;
    }
    /// Deploys every endpoint that annotations have registered in this program (or this shared library).
    __attribute__((visibility("hidden"))) inline Server& deployRegistered() {
        std::vector<detail::EndpointModel> models;
        for (const auto* r = detail::firstRegistration(); r; r = r->next) models.push_back(r->make());
        add(std::move(models));
        return *this;
    }
    /// Takes an endpoint away: no new sessions, the open ones close with 1001. False when there is none at that path.
    bool undeploy(std::string_view path);

    /// Answers `method` requests for `path`, a template as an endpoint's; a GET handler answers HEAD too.
    /// Errors: std::invalid_argument for a bad path or one that is taken.
    Server& handle(std::string method, std::string path, HttpHandler handler);

    /// Adds a plugin that is linked in, as the configuration adds those in libraries. It is installed by start().
    Server& install(std::unique_ptr<Plugin> plugin);
    /// Offers an extension in every handshake; of those that a client offers too, the first it prefers is taken.
    /// Requires, as the following: before start().
    Server& addExtension(std::shared_ptr<ExtensionFactory> extension);
    /// Hang hooks into the server (hooks.hpp): each chain runs in the order in which its hooks were added.
    Server& addInterceptor(std::shared_ptr<HandshakeInterceptor> interceptor);
    Server& addInterceptor(std::shared_ptr<MessageInterceptor> interceptor);
    Server& addListener(std::shared_ptr<SessionListener> listener);

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

    /// The topics of a deployed class, for HTTP handlers, timers and other threads.
    /// Valid until the class is undeployed.
    /// Errors: std::logic_error when it is not deployed (before start() nothing is).
    template <class Endpoint>
    Topics& topicsOf() {
        return topicsOf(&detail::kIdentity<Endpoint>);
    }
    /// The topics of the whole server; endpoints ask for them as `GlobalTopics&`.
    GlobalTopics& globalTopics();
    std::size_t sessionCount() const;
    /// How many sessions have ended for that cause.
    std::uint64_t closedFor(CloseCause cause) const;

private:
    struct Parts;
    Services& services();
    void add(std::vector<detail::EndpointModel> models);
    Topics& topicsOf(const void* identity);

    std::unique_ptr<Parts> parts_;
};

}  // namespace patchbay
