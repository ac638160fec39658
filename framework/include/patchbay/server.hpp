#pragma once
// Server: deploys endpoints and serves them.
//
//     int main() {
//         patchbay::Server server;
//         server.deploy<Echo>();
//         return server.run();      // until Ctrl-C or SIGTERM
//     }

#include <patchbay/server_container.hpp>
#include <patchbay/task.hpp>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace patchbay {

class Plugin;
struct ServerConfig;

/// stop() on a thread for which it would have to wait: one of the server's own loops or workers (a handler, hook, ticker, task or
/// destructor that runs there, also a task of its executor), or the one that is starting or stopping it. Its text says what to do
/// instead.
class StopFromWithin : public std::logic_error {
public:
    StopFromWithin();
};

/// Thread: one at a time until start(); afterwards stop() and requestStop() from any, and what ServerContainer says of its
/// members. What they find, whoever calls them when:
///
///     stop()         before start: true, at once      during start: waits for it, then stops      twice: what the first returned
///                    at once: one stops, the others wait for it and return the same      on the server's own threads: throws
///     requestStop()  anywhere, also before run(), which then ends when it has started; once or often is the same
///     ~Server        stops; on one of its own threads it leaves that to another, says so, and its plugins stay in memory
class Server final : public ServerContainer {
public:
    Server();
    /// As the configuration says, which config.hpp has.
    explicit Server(ServerConfig config);
    ~Server() override;
    /// Adds a plugin that is linked in, as the configuration adds those in libraries. It is installed by start().
    Server& install(std::unique_ptr<Plugin> plugin);
    /// Adds a row to what run() says once it listens, such as where the manual is. It is shown printable.
    Server& announce(std::string title, std::string text);
    /// Starts to listen; also again after a stop(), on new ports where 0 was asked for.
    /// Errors: DeploymentError, listing everything at once; the server is then as before. std::logic_error when it runs, starts
    /// or stops already, or when handlers still ran at the end of its last stop.
    void start();
    /// The port of the first address, also where 0 was asked for.   Requires: started.
    std::uint16_t port() const;
    /// Ends run(), which then stops. Safe in a signal handler, handlers, hooks, tickers and destructors.   Thread: any.
    void requestStop() noexcept;
    /// Stops gracefully and waits for it: no new sessions, 1001 to every session, at most the configured `drainTimeout` and a
    /// second for what is then cut off. False when handlers or tasks still ran then: the log names them, what they were given to
    /// share (services, topics, sessions) lives until they have returned, and this server cannot start again.
    /// Errors: StopFromWithin where it would wait for itself.   Thread: any.
    bool stop();
    /// Reads the certificates of https addresses again: new connections see them, the others live on.
    /// Errors: DeploymentError, naming each file that is wrong; then nothing has changed for that address.   Thread: any.
    void reloadCertificates();
    /// start(), says on standard output where it listens and what it serves, waits for SIGINT, SIGTERM, requestStop() or somebody else's stop(), stop(). A second
    /// signal exits at once; SIGHUP is reloadCertificates(). What signals did before is restored when it returns.
    /// `ready` is called when it listens; `stopping` once when the stop begins, by the thread that stops: no newcomers get in
    /// any more, sessions are still open, and its time is part of `drainTimeout`.
    /// Returns the program's exit code: 0; 1 after telling what kept it from starting, what `ready` threw, or which handlers
    /// did not return. What `stopping` throws is logged.   Errors: std::logic_error, as start().
    int run(Task ready = {}, Task stopping = {});

private:
    struct Parts;
    void add(std::vector<detail::EndpointModel> models) override;
    deployment::Deployments& deployments() const noexcept override;

    std::shared_ptr<Parts> parts_;
};

}  // namespace patchbay
