#include "base/Log.hpp"
#include "hosting/PluginHost.hpp"
#include "hosting/Container.hpp"
#include "hosting/Deployments.hpp"
#include "hosting/Gate.hpp"
#include "hosting/HttpHost.hpp"
#include "hosting/Listening.hpp"
#include "hosting/Signals.hpp"
#include "transport/EventLoop.hpp"
#include "transport/Listener.hpp"

#include <patchbay/server.hpp>

#include <algorithm>
#include <cstdio>
#include <future>
#include <thread>

namespace patchbay {
namespace {

/// For close handlers that run when connections are cut off.
constexpr std::chrono::seconds kLastMoment{1};

std::string joined(const std::vector<std::string>& problems) {
    std::string text = problems.size() == 1 ? "1 problem keeps the server from starting:"
                                            : std::to_string(problems.size()) + " problems keep the server from starting:";
    for (const std::string& problem : problems) text += "\n  - " + problem;
    return text;
}

std::vector<std::shared_ptr<transport::EventLoop>> makeLoops(unsigned count) {
    std::vector<std::shared_ptr<transport::EventLoop>> loops;
    for (unsigned i = 0; i < count; ++i) loops.push_back(std::make_shared<transport::EventLoop>());
    return loops;
}

}  // namespace

DeploymentError::DeploymentError(std::vector<std::string> problems)
    : std::runtime_error{joined(problems)}, problems_{std::move(problems)} {}

/// Members are destroyed in the reverse order: listeners, then loops' users, then the loops.
struct Server::Parts {
    explicit Parts(ServerConfig theConfig);
    /// Handles on sessions keep the loops, but not what is dear of them.
    ~Parts() {
        for (const auto& loop : loops) loop->retire();
    }

    ServerConfig config;
    hosting::PluginHost plugins;  // first: its libraries outlive everything that came from them
    std::vector<std::string> installProblems;
    bool installed = false;
    std::vector<std::shared_ptr<transport::EventLoop>> loops;
    hosting::Container container;
    hosting::HttpHost host;
    std::shared_ptr<hosting::GateState> gate;
    std::vector<detail::EndpointModel> waiting;  // deployed before start()
    std::vector<std::unique_ptr<transport::Listener>> listeners;
    std::vector<std::unique_ptr<hosting::Certificates>> certificates;  // one for each listener
    std::vector<std::thread> threads;
    std::size_t nextLoop = 0;
    bool started = false;
    bool deployed = false;  // what waited is there: what comes now is deployed at once, also by a configurator of those

    std::vector<hosting::Deployment> configured(std::vector<detail::EndpointModel> models, std::vector<std::string>& problems) const;
    void deploy(std::vector<hosting::Deployment> deployments, std::vector<std::string> problems);
    void deployNow(std::vector<detail::EndpointModel> models);
    void deployWaiting();
    void listen();
    void accept(transport::Socket socket, std::string peer, std::shared_ptr<const transport::TlsContext> tls);
    /// How many addresses have new ones.
    std::size_t reloadCertificates(std::vector<std::string>& problems);
    void reloadAndTell();
    void installPlugins(Server& server);
    void startPlugins();
    void addHealth();
    void closeSessions();
    void waitForSessions(Clock::time_point deadline);
    void stopListening();
    void endConnections();
    void stopLoops();
};

Server::Parts::Parts(ServerConfig theConfig)
    : config{std::move(theConfig)},
      loops{makeLoops(hosting::loopCount(config))},
      container{{loops.begin(), loops.end()}},
      host{container, {static_cast<int>(config.server.workers), 256}},
      gate{std::make_shared<hosting::GateState>(container, host, hosting::gateOptions(config))} {
    // Half of the time to stop, so that a peer that does not answer does not use it all.
    container.state().publishTimeout = config.server.publishTimeout;
    for (const auto& loop : loops) loop->queue().setLimit(config.server.loopQueue);
    container.state().closeTimeout = std::min(container.state().closeTimeout, config.server.drainTimeout / 2);
}

std::vector<hosting::Deployment> Server::Parts::configured(std::vector<detail::EndpointModel> models,
                                                           std::vector<std::string>& problems) const {
    std::vector<hosting::Deployment> deployments;
    for (auto& model : models) deployments.push_back(hosting::configure(std::move(model), config, problems));
    return deployments;
}

void Server::Parts::deploy(std::vector<hosting::Deployment> deployments, std::vector<std::string> problems) {
    if (problems.empty()) problems = container.deploy(std::move(deployments));
    if (!problems.empty()) throw DeploymentError{std::move(problems)};
}

void Server::Parts::deployNow(std::vector<detail::EndpointModel> models) {
    std::vector<std::string> problems;
    auto deployments = configured(std::move(models), problems);
    deploy(std::move(deployments), std::move(problems));
}

void Server::Parts::deployWaiting() {
    std::vector<std::string> problems;
    auto deployments = configured(waiting, problems);
    std::vector<std::string> paths;
    for (const auto& deployment : deployments) paths.push_back(deployment.config.path);
    for (const auto& endpoint : container.endpoints()) paths.push_back(endpoint->config.path);
    hosting::checkEntries(config, paths, problems);
    deployed = true;
    try {
        deploy(std::move(deployments), std::move(problems));
    } catch (...) {
        deployed = false;
        throw;
    }
}

void Server::Parts::listen() {
    std::vector<std::string> problems;
    for (const auto& listen : config.server.listen) {
        try {
            auto files = std::make_unique<hosting::Certificates>(listen);
            const auto accepted = [this, tls = files.get()](transport::Socket socket, std::string peer) {
                accept(std::move(socket), std::move(peer), tls->current());
            };
            certificates.push_back(std::move(files));
            listeners.push_back(std::make_unique<transport::Listener>(*loops.front(), hosting::addressOf(listen), accepted));
        } catch (const std::exception& error) {
            problems.emplace_back(error.what());
        }
    }
    if (problems.empty()) return;
    listeners.clear();
    certificates.clear();
    throw DeploymentError{std::move(problems)};
}

void Server::Parts::accept(transport::Socket socket, std::string peer, std::shared_ptr<const transport::TlsContext> tls) {
    const std::size_t index = nextLoop++ % loops.size();
    transport::EventLoop& loop = *loops[index];
    const auto open = [gate = gate, &loop, index](transport::Socket from, std::string name, auto context) {
        if (context) from.startTls(std::move(context));
        hosting::Gate::open(gate, loop, index, std::move(from), std::move(name));
    };
    if (loop.isHere()) return open(std::move(socket), std::move(peer), std::move(tls));
    const auto moved = std::make_shared<transport::Socket>(std::move(socket));
    loop.post([open, moved, peer = std::move(peer), tls = std::move(tls)] { open(std::move(*moved), peer, tls); });
}

std::size_t Server::Parts::reloadCertificates(std::vector<std::string>& problems) {
    std::size_t reloaded = 0;
    for (const auto& files : certificates) {
        try {
            if (files->reload()) ++reloaded;
        } catch (const std::invalid_argument& error) {
            problems.emplace_back(error.what());
        }
    }
    return reloaded;
}

void Server::Parts::reloadAndTell() {
    std::vector<std::string> problems;
    const std::size_t reloaded = reloadCertificates(problems);
    for (const auto& problem : problems) log::error("tls", problem + "; the old certificate stays");
    if (reloaded > 0) log::info("tls", "new connections get the certificates that were just read");
    if (reloaded == 0 && problems.empty()) log::info("tls", "SIGHUP, but no address has a certificate to read again");
}

/// Once; a server that could not be started for another reason has them already.
void Server::Parts::installPlugins(Server& server) {
    if (!installed) {
        std::vector<std::string> problems;
        plugins.load(config, problems);
        if (!problems.empty()) throw DeploymentError{std::move(problems)};
        installed = true;
        plugins.install(server, installProblems);
    }
    if (!installProblems.empty()) throw DeploymentError{installProblems};
}

void Server::Parts::startPlugins() {
    std::vector<std::string> problems;
    plugins.start(problems);
    if (problems.empty()) return;
    listeners.clear();
    certificates.clear();
    throw DeploymentError{std::move(problems)};
}

void Server::Parts::addHealth() {
    const auto add = [this](const char* path, HttpHandler handler) {
        if (!container.hasRoute("GET", path)) container.addRoute({{}, "GET", path, std::move(handler)});
    };
    add("/healthz", [](const HttpRequest&, HttpResponse& response) {
        response.setHeader("Cache-Control", "no-store");
        response.write("text/plain; charset=utf-8", "ok\n");
    });
    add("/readyz", [this](const HttpRequest&, HttpResponse& response) {
        const bool draining = container.isDraining();
        if (draining) response.status = 503;
        response.setHeader("Cache-Control", "no-store");
        response.write("text/plain; charset=utf-8", draining ? "stopping\n" : "ready\n");
    });
}

/// Says goodbye to everyone, evenly over the configured time.
void Server::Parts::closeSessions() {
    const auto sessions = container.shut();
    const auto start = Clock::now();
    for (std::size_t i = 0; i < sessions.size(); ++i) {
        std::this_thread::sleep_until(start + config.server.drainSpread * i / sessions.size());
        sessions[i]->close(CloseCause::Shutdown, std::nullopt, "server shuts down");
    }
}

void Server::Parts::waitForSessions(Clock::time_point deadline) {
    while ((container.sessionCount() > 0 || gate->connections.load() > 0) && Clock::now() < deadline) {
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
}

/// When it returns every connection that was taken is on its loop, or posted to it.
void Server::Parts::stopListening() {
    std::promise<void> stopped;
    loops.front()->post([&] {
        for (auto& listener : listeners) listener->stop();
        stopped.set_value();
    });
    stopped.get_future().wait();
}

/// What the time was too short for, and who came in its last moment. Their close handlers still run.
void Server::Parts::endConnections() {
    for (std::size_t i = 0; i < loops.size(); ++i) {
        loops[i]->post([gate = gate, i] { hosting::Gate::endAll(*gate, i); });
    }
    waitForSessions(Clock::now() + kLastMoment);
}

void Server::Parts::stopLoops() {
    for (auto& loop : loops) loop->stop();
    for (auto& thread : threads) thread.join();
    threads.clear();
}

Server::Server(ServerConfig config) : parts_{std::make_unique<Parts>(std::move(config))} {}
Server::~Server() {
    stop();
    parts_->plugins.destroy();  // while there is still a server for them to look at
}

hosting::Container& Server::container() const noexcept { return parts_->container; }

void Server::add(std::vector<detail::EndpointModel> models) {
    if (parts_->deployed) return parts_->deployNow(std::move(models));
    for (auto& model : models) parts_->waiting.push_back(std::move(model));
}

Server& Server::install(std::unique_ptr<Plugin> plugin) {
    parts_->plugins.add(std::move(plugin));
    return *this;
}

void Server::start() {
    Parts& p = *parts_;
    p.installPlugins(*this);
    if (p.config.server.health) p.addHealth();
    p.deployWaiting();
    p.listen();
    p.startPlugins();
    p.waiting.clear();
    p.host.start();
    for (auto& listener : p.listeners) listener->start();
    for (auto& loop : p.loops) p.threads.emplace_back([&loop] { loop->run(); });
    p.started = true;
}

std::uint16_t Server::port() const { return parts_->listeners.at(0)->port(); }

void Server::stop() {
    Parts& p = *parts_;
    if (!p.started) return;
    const auto deadline = Clock::now() + p.config.server.drainTimeout;
    p.container.drain();
    p.plugins.stop();
    p.closeSessions();
    for (std::size_t i = 0; i < p.loops.size(); ++i) {
        p.loops[i]->post([gate = p.gate, i] { hosting::Gate::endIdle(*gate, i); });
    }
    p.waitForSessions(deadline);
    p.stopListening();
    p.host.stop();
    p.endConnections();
    p.stopLoops();
    p.started = false;
}

void Server::reloadCertificates() {
    std::vector<std::string> problems;
    parts_->reloadCertificates(problems);
    if (!problems.empty()) throw DeploymentError{std::move(problems)};
}

int Server::run(const std::function<void()>& ready) {
    hosting::catchSignals();
    try {
        start();
    } catch (const DeploymentError& error) {
        log::error("patchbay", error.what());
        return 1;
    }
    Parts& p = *parts_;
    for (std::size_t i = 0; i < p.listeners.size(); ++i) {
        std::printf("listening on %s\n", hosting::shownUrl(p.config.server.listen[i], p.listeners[i]->port()).c_str());
    }
    std::fflush(stdout);
    if (ready) ready();
    while (hosting::waitForSignal() == hosting::Asked::Reload) p.reloadAndTell();
    std::printf("stopping: %zu sessions get 1001, at most %lld ms; press Ctrl-C again to exit at once\n", sessionCount(),
                static_cast<long long>(p.config.server.drainTimeout.count()));
    std::fflush(stdout);
    stop();
    std::puts("stopped");
    return 0;
}

}  // namespace patchbay
