#include "base/Guarded.hpp"
#include "base/Log.hpp"
#include "configuration/ListenUrl.hpp"
#include "deployment/ConfiguredEndpoint.hpp"
#include "server/AllowedMemory.hpp"
#include "server/ServerParts.hpp"
#include "transport/ActivatedSockets.hpp"

#include <algorithm>
#include <thread>

namespace patchbay {
namespace {

/// For a start that has to be taken back.
constexpr std::chrono::seconds kGivingUp{1};
/// What a newcomer has, while the server stops, to say for whom it speaks.
constexpr std::chrono::milliseconds kLastGreeting{500};

/// One per core unless the configuration says how many.
unsigned loopCount(const ServerConfig& config) {
    if (config.server.loops) return static_cast<unsigned>(std::max<std::size_t>(*config.server.loops, 1));
    return std::max(std::thread::hardware_concurrency(), 1U);
}

http::GateOptions gateOptions(const ServerConfig& config, const server::ConnectionBounds& bounds) {
    http::GateOptions options;
    options.maxConnections = bounds.most;
    options.head = {config.server.headBytes, config.server.requestLine, config.server.headFields};
    options.maxBodyBytes = config.server.requestBody;
    options.keepAliveTimeout = config.server.keepAliveTimeout;
    options.bodyTimeout = config.server.bodyTimeout;
    options.responseTimeout = config.server.responseTimeout;
    options.handshakeTimeout = deployment::serverLimits(config).handshakeTimeout;
    options.hosts = AllowedHosts{config.server.hosts};
    options.proxies.trusted = TrustedProxies{config.server.trustedProxies};
    const bool forwarded = config.server.forwardedFields == ForwardedFields::Forwarded;
    options.proxies.by = forwarded ? http::ForwardedBy::Forwarded : http::ForwardedBy::XForwarded;
    return options;
}

/// Of systemd's there may be several of one name.
std::vector<transport::Listener::Address> addressesOf(const ListenConfig& listen) {
    const auto url = configuration::urlOf(listen);
    if (url.activated.empty()) return {{.host = url.host, .port = url.port, .path = url.path, .mode = configuration::parseMode(listen.mode).value_or(0600)}};
    std::vector<transport::Listener::Address> addresses;
    std::string others;
    for (const auto& [descriptor, name] : transport::activatedSockets()) {
        others += " " + name;
        if (name == url.activated) addresses.push_back({.descriptor = descriptor, .name = name});
    }
    if (!addresses.empty()) return addresses;
    throw std::invalid_argument{"server.listen: systemd has handed over no socket named " + url.activated + ", but" + (others.empty() ? " none" : others) +
                                "; start the program by its .socket unit, whose FileDescriptorName= is the name"};
}

std::vector<std::shared_ptr<transport::EventLoop>> makeLoops(unsigned count, MemoryBudget& memory) {
    std::vector<std::shared_ptr<transport::EventLoop>> loops;
    const auto sockets = std::make_shared<transport::OpenSockets>();
    for (unsigned i = 0; i < count; ++i) {
        loops.push_back(std::make_shared<transport::EventLoop>(sockets));
        loops.back()->memory().setBudget(memory);
    }
    return loops;
}

}  // namespace

Server::Parts::Parts(ServerConfig theConfig)
    : config{std::move(theConfig)},
      bounds{server::connectionBounds(config.server.maxConnections.value_or(0))},
      reserve{config.server.memoryReserve ? std::make_unique<MemoryReserve>(server::memoryReserve()) : nullptr},
      memoryBudget{MemoryBudget::make(server::memoryBudget(config.server.memory))},
      loops{makeLoops(loopCount(config), *memoryBudget)},
      pool{std::make_shared<ThreadPool>(ThreadPool::Bounds{config.server.workers, config.server.executorQueue})},
      deployments{{loops.begin(), loops.end()}, pool},
      site{deployments},
      httpHost{loops.size(), deployments.state().ended, {static_cast<int>(config.server.workers), static_cast<int>(config.server.requestQueue)}},
      gate{std::make_shared<http::GateState>(site, httpHost, deployments.state().loops, deployments.state().ended, gateOptions(config, bounds))},
      holders{gate, site, deployments.state()},
      memory{memoryBudget, loops.size(), holders},
      wakeUp{server::WakeUp::take()} {
    for (const auto& loop : loops) greetings.push_back(std::make_unique<transport::ProxyGreetings>(*loop));
    deployments.state().pendingHandshakes = config.server.pendingHandshakes;
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
        watchMemory();
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
    const auto add = [this](const char* path, std::function<HttpResponse(std::string_view target)> answer) {
        if (deployments.hasRoute("GET", path)) return;
        deployments.addRoute({{}, "GET", path, detail::AsyncHttpHandler{[answer = std::move(answer)](const HttpExchange& exchange, detail::Strand*) {
                                  HttpResponse response = answer(exchange.request().target);
                                  response.setHeader("Cache-Control", "no-store");
                                  exchange.respond(std::move(response));
                                  return detail::Running{};
                              }},
                              /*isHealth=*/true});
    };
    add("/healthz", [](std::string_view) { return HttpResponse{200, {}, "ok\n"}; });
    add("/readyz", [this](std::string_view target) { return readiness(target); });
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

/// What a file's reader would have told: a program may have filled in the same structs.
std::vector<std::string> Server::Parts::addressProblems() const {
    std::vector<std::string> problems;
    const auto check = [&](const char* key, const std::vector<std::string>& values, std::string (*problemOf)(std::string_view)) {
        for (const std::string& value : values) {
            if (const auto problem = problemOf(value); !problem.empty()) problems.push_back(std::string{key} + ": \"" + value + "\" " + problem);
        }
    };
    check("server.hosts", config.server.hosts, &AllowedHosts::problemOf);
    check("server.trustedProxies", config.server.trustedProxies, &TrustedProxies::problemOf);
    return problems;
}

void Server::Parts::bind() {
    closeAddresses();  // of the start before
    std::vector<std::string> problems = addressProblems();
    for (const auto& address : config.server.listen) {
        try {
            auto files = std::make_shared<server::Certificates>(address);
            if (const auto problem = configuration::proxyProblem(address, config.server); !problem.empty()) problems.push_back(problem);
            if (const auto problem = configuration::modeProblem(address); !problem.empty()) problems.push_back("server.listen: " + problem);
            transport::Listener::Options options;
            options.makeRoom = [gate = gate] { return http::Gate::evictSilent(gate, 0); };
            options.turnsAway = [this] { return memory.turnsAway(loops.front()->now()); };
            options.backlog = static_cast<int>(config.server.backlog);
            for (const auto& where : addressesOf(address)) {
                const std::size_t index = listeners.size();
                const auto accepted = [this, index, tls = files, proxied = address.proxyProtocol](transport::Socket socket, std::string peer) {
                    accept(std::move(socket), std::move(peer), {tls->current(), proxied, listeners[index]->isLoopback()});
                };
                listeners.push_back(std::make_unique<transport::Listener>(*loops.front(), where, accepted, options));
                shownUrls.push_back(configuration::shownUrl(address, listeners.back()->where()));
            }
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
    shownUrls.clear();
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
            MemoryReserve::keepSome();
            loop->run();
            MemoryReserve::letGo();
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

/// Once: its timers live as long as the loops.
void Server::Parts::watchMemory() {
    if (std::exchange(memoryWatched, true)) return;
    for (std::size_t i = 0; i < loops.size(); ++i) {
        loops[i]->post([this, i] { memory.start(*loops[i], i); });
    }
}

/// Whether newcomers are welcome; with `?verbose` what there is of them, and of memory.
HttpResponse Server::Parts::readiness(std::string_view target) const {
    HttpResponse response{200, {}, "ready\n"};
    if (const auto missing = deployments.readiness().missing(); !missing.empty()) {
        response = {503, {}, "not ready:"};
        for (const std::string& name : missing) response.body.append(" ").append(name);
        response.body.append("\n");
    }
    if (memory.isShort()) response = {503, {}, "short of memory\n"};
    if (deployments.isDraining()) response = {503, {}, "stopping\n"};
    if (!target.ends_with("?verbose")) return response;
    response.body.append("connections ").append(std::to_string(loops.front()->openSockets().now()));
    response.body.append("\nconnections_most ").append(std::to_string(bounds.most)).append("\n").append(memory.figures());
    return response;
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

void Server::Parts::accept(transport::Socket socket, std::string peer, const Arrival& arrival) {
    if (!hasRoom()) return;
    if (arrival.proxyProtocol && !gate->options.proxies.trusted.trusts(peer)) {
        log::info("proxy-protocol", "refused a connection of " + peer + ", which is not among server.trustedProxies");
        return socket.resetOnClose();
    }
    std::size_t index = nextLoop++ % loops.size();
    if (loops.front()->openSockets().now() >= bounds.most) index = http::Gate::loopForSurplus(*gate, index);
    EventLoop& loop = *loops[index];
    const auto newcomer =
        std::make_shared<http::Newcomer>(
            http::Newcomer{std::move(socket), std::move(peer), arrival.onLoopback, transport::SocketPlace{loop.openSockets()}});
    const auto go = [this, index, newcomer, tls = arrival.tls, proxied = arrival.proxyProtocol] {
        const auto thrown = thrownBy([&] { proxied ? awaitProxyHeader(index, newcomer, tls) : open(index, *newcomer, tls); });
        if (thrown) warn("listener", "a newcomer is closed", *thrown);
    };
    if (loop.isHere()) return go();
    loop.post(go);
}

/// Thread: the loop's, as the following.
void Server::Parts::open(std::size_t loopIndex, http::Newcomer& newcomer, const std::shared_ptr<const transport::TlsContext>& tls) {
    if (tls) newcomer.socket.startTls(tls);
    http::Gate::open(gate, *loops[loopIndex], loopIndex, std::move(newcomer));
}

void Server::Parts::awaitProxyHeader(std::size_t loopIndex, const std::shared_ptr<http::Newcomer>& newcomer,
                                     const std::shared_ptr<const transport::TlsContext>& tls) {
    const auto within = deployments.isDraining() ? kLastGreeting : gate->options.handshakeTimeout;
    greetings[loopIndex]->await(std::move(newcomer->socket), newcomer->address, within, http::GateState::place(gate),
                                [this, loopIndex, newcomer, tls](transport::Socket socket, std::string client) {
                                    newcomer->socket = std::move(socket);
                                    newcomer->greeting = client.empty() ? http::Greeting::OfItself : http::Greeting::OfClient;
                                    if (!client.empty()) newcomer->address = std::move(client);
                                    open(loopIndex, *newcomer, tls);
                                });
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
