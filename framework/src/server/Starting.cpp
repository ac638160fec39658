#include "base/Guarded.hpp"
#include "base/Log.hpp"
#include "configuration/ListenUrl.hpp"
#include "deployment/ConfiguredEndpoint.hpp"
#include "server/ServerParts.hpp"

#include <algorithm>
#include <thread>

namespace patchbay {
namespace {

/// For a start that has to be taken back.
constexpr std::chrono::seconds kGivingUp{1};

/// One per core unless the configuration says how many.
unsigned loopCount(const ServerConfig& config) {
    if (config.server.loops) return static_cast<unsigned>(std::max<std::size_t>(*config.server.loops, 1));
    return std::max(std::thread::hardware_concurrency(), 1U);
}

http::GateOptions gateOptions(const ServerConfig& config, const server::ConnectionBounds& bounds) {
    http::GateOptions options;
    options.maxConnections = bounds.most;
    options.head.maxHeadBytes = config.server.headBytes;
    options.maxBodyBytes = config.server.requestBody;
    options.handshakeTimeout = deployment::serverLimits(config).handshakeTimeout;
    return options;
}

transport::Listener::Address addressOf(const ListenConfig& listen) {
    const auto url = configuration::urlOf(listen);
    return {url.host, url.port};
}

std::vector<std::shared_ptr<transport::EventLoop>> makeLoops(unsigned count) {
    std::vector<std::shared_ptr<transport::EventLoop>> loops;
    const auto sockets = std::make_shared<transport::OpenSockets>();
    for (unsigned i = 0; i < count; ++i) loops.push_back(std::make_shared<transport::EventLoop>(sockets));
    return loops;
}

}  // namespace

Server::Parts::Parts(ServerConfig theConfig)
    : config{std::move(theConfig)},
      bounds{server::connectionBounds(config.server.maxConnections)},
      loops{makeLoops(loopCount(config))},
      pool{std::make_shared<ThreadPool>(ThreadPool::Bounds{config.server.workers, config.server.executorQueue})},
      deployments{{loops.begin(), loops.end()}, pool},
      site{deployments},
      httpHost{loops.size(), deployments.state().ended, {static_cast<int>(config.server.workers), 256}},
      gate{std::make_shared<http::GateState>(site, httpHost, deployments.state().loops, deployments.state().ended, gateOptions(config, bounds))},
      wakeUp{server::WakeUp::take()} {
    deployments.state().publishTimeout = config.server.publishTimeout;
    for (const auto& loop : loops) loop->queue().setLimit(config.server.loopQueue);
    // Half of the time to stop, so that a peer that does not answer does not use it all.
    deployments.state().closeTimeout = std::min(deployments.state().closeTimeout, config.server.drainTimeout / 2);
}

/// Handles on sessions keep the loops and the pool, but not what is dear of them, nor what waits there and may hold such
/// handles itself.
Server::Parts::~Parts() {
    wakeUp.giveBack();
    pool->stop(Clock::now());
    for (const auto& loop : loops) loop->retire();
}

/// What is bound is told before anything turns; all loops turn before anybody may connect.
void Server::Parts::start(Server& server) {
    for (const auto& loop : loops) loop->reopen();
    pool->reopen();
    installPlugins(server);
    if (config.server.health) addHealth();
    deployWaiting();
    bind();
    startPlugins();
    try {
        deployments.open();
        httpHost.start();
        turnLoops();
        pool->start();
        watch();
        listen();
    } catch (...) {
        const auto soon = Clock::now() + kGivingUp;
        stopListening(soon);
        httpHost.stop(soon);
        if (!pool->stop(soon)) pool->join();
        stopLoops(Clock::time_point::max());
        watchdog.reset();
        pluginHost.stop();
        closeAddresses();
        throw;
    }
    waiting.clear();
}

// ------------------------------------------------------------------------------------------------ what is served

std::vector<deployment::ConfiguredEndpoint> Server::Parts::configured(std::vector<detail::EndpointModel> models,
                                                           std::vector<std::string>& problems) const {
    std::vector<deployment::ConfiguredEndpoint> endpoints;
    for (auto& model : models) endpoints.push_back(deployment::configure(std::move(model), config, problems));
    return endpoints;
}

void Server::Parts::deploy(std::vector<deployment::ConfiguredEndpoint> endpoints, std::vector<std::string> problems) {
    if (problems.empty()) problems = deployments.deploy(std::move(endpoints));
    if (!problems.empty()) throw DeploymentError{std::move(problems)};
}

void Server::Parts::deployNow(std::vector<detail::EndpointModel> models) {
    std::vector<std::string> problems;
    auto endpoints = configured(std::move(models), problems);
    deploy(std::move(endpoints), std::move(problems));
}

void Server::Parts::deployWaiting() {
    std::vector<std::string> problems;
    auto endpoints = configured(waiting, problems);
    std::vector<std::string> paths;
    for (const auto& endpoint : endpoints) paths.push_back(endpoint.config.path);
    for (const auto& endpoint : deployments.endpoints()) paths.push_back(endpoint->config.path);
    deployment::checkEntries(config, paths, problems);
    deployed = true;
    try {
        deploy(std::move(endpoints), std::move(problems));
    } catch (...) {
        deployed = false;
        throw;
    }
}

/// On the loops: health never waits for a worker.
void Server::Parts::addHealth() {
    const auto add = [this](const char* path, std::function<HttpResponse()> answer) {
        if (deployments.hasRoute("GET", path)) return;
        deployments.addRoute({{}, "GET", path, detail::AsyncHttpHandler{[answer = std::move(answer)](const HttpExchange& exchange, detail::Strand*) {
                                  HttpResponse response = answer();
                                  response.setHeader("Cache-Control", "no-store");
                                  exchange.respond(std::move(response));
                                  return detail::Running{};
                              }},
                              /*isHealth=*/true});
    };
    add("/healthz", [] { return HttpResponse{200, {}, "ok\n"}; });
    add("/readyz", [this] { return deployments.isDraining() ? HttpResponse{503, {}, "stopping\n"} : HttpResponse{200, {}, "ready\n"}; });
}

// ------------------------------------------------------------------------------------------------ plugins

/// Once; a server that could not be started for another reason has them already.
void Server::Parts::installPlugins(Server& server) {
    if (!installed) {
        std::vector<std::string> problems;
        pluginHost.load(config, problems);
        if (!problems.empty()) throw DeploymentError{std::move(problems)};
        installed = true;
        pluginHost.install(server, installProblems);
    }
    if (!installProblems.empty()) throw DeploymentError{installProblems};
}

void Server::Parts::startPlugins() {
    std::vector<std::string> problems;
    pluginHost.start(problems);
    if (problems.empty()) return;
    closeAddresses();
    throw DeploymentError{std::move(problems)};
}

// ------------------------------------------------------------------------------------------------ addresses and loops

void Server::Parts::bind() {
    closeAddresses();  // of the start before
    std::vector<std::string> problems;
    for (const auto& address : config.server.listen) {
        try {
            auto files = std::make_shared<server::Certificates>(address);
            const auto accepted = [this, tls = files](transport::Socket socket, std::string peer) {
                accept(std::move(socket), std::move(peer), tls->current());
            };
            transport::Listener::Options options;
            options.makeRoom = [gate = gate] { return http::Gate::evictSilent(gate, 0); };
            listeners.push_back(std::make_unique<transport::Listener>(*loops.front(), addressOf(address), accepted, options));
            const std::lock_guard guard{certificatesLock};
            certificates.push_back(std::move(files));
        } catch (const std::exception& error) {
            problems.emplace_back(error.what());
        }
    }
    if (problems.empty()) return;
    closeAddresses();
    throw DeploymentError{std::move(problems)};
}

/// Requires: the loops do not turn.
void Server::Parts::closeAddresses() {
    listeners.clear();
    const std::lock_guard guard{certificatesLock};
    certificates.clear();
}

/// When it returns each of them turns.
void Server::Parts::turnLoops() {
    std::vector<std::future<void>> first;
    for (std::size_t i = 0; i < loops.size(); ++i) {
        first.push_back(on(*loops[i], [] {}));
        turn(i);
    }
    for (auto& turned : first) turned.wait();
}

void Server::Parts::turn(std::size_t index) {
    auto turning = std::make_unique<Turning>();
    Turning& one = *turning;
    threads.push_back(std::move(turning));
    try {
        one.thread = std::thread{[this, &one, loop = loops[index]] {
            loop->run();
            one.ended.store(true);
            deployments.state().ended->ring();
        }};
    } catch (...) {
        threads.pop_back();
        throw;
    }
}

void Server::Parts::watch() {
    const auto limit = config.server.watchdog;
    if (limit.count() <= 0) return;
    watchdog.emplace(std::vector<std::shared_ptr<Loop>>{loops.begin(), loops.end()}, onClock(limit));
    watchdog->start();
}

void Server::Parts::listen() {
    std::vector<std::string> problems;
    on(*loops.front(), [&] {
        for (const auto& listener : listeners) {
            if (const auto thrown = thrownBy([&] { listener->start(); })) problems.push_back(*thrown);
        }
    }).wait();
    if (!problems.empty()) throw DeploymentError{std::move(problems)};
}

void Server::Parts::accept(transport::Socket socket, std::string peer, std::shared_ptr<const transport::TlsContext> tls) {
    if (!hasRoom()) return;
    std::size_t index = nextLoop++ % loops.size();
    if (loops.front()->openSockets().now() >= bounds.most) index = http::Gate::loopForSurplus(*gate, index);
    EventLoop& loop = *loops[index];
    struct Newcomer {
        transport::Socket socket;
        transport::SocketPlace place;
    };
    const auto newcomer = std::make_shared<Newcomer>(std::move(socket), transport::SocketPlace{loop.openSockets()});
    const auto open = [gate = gate, &loop, index, newcomer, peer = std::move(peer), tls = std::move(tls)] {
        const auto thrown = thrownBy([&] {
            if (tls) newcomer->socket.startTls(tls);
            http::Gate::open(gate, loop, index, std::move(newcomer->socket), peer, std::move(newcomer->place));
        });
        if (thrown) log::warning("listener", "a newcomer is closed: " + *thrown);
    };
    if (loop.isHere()) return open();
    loop.post(open);
}

/// Below the hard mark.
bool Server::Parts::hasRoom() {
    const std::size_t open = loops.front()->openSockets().now();
    if (open <= bounds.most) fullLogged = false;
    if (open < bounds.hardMark) return true;
    if (!std::exchange(fullLogged, true)) {
        log::warning("listener", "newcomers are closed as soon as they come: there are " + std::to_string(open) +
                                     " connections (server.maxConnections, or the limit on open files)");
    }
    return false;
}

std::future<void> Server::Parts::on(EventLoop& loop, std::function<void()> task) {
    const auto done = std::make_shared<std::packaged_task<void()>>(std::move(task));
    auto result = done->get_future();
    loop.post([done] { (*done)(); });
    return result;
}

}  // namespace patchbay
