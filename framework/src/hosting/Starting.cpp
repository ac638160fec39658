#include "base/Guarded.hpp"
#include "hosting/Deployments.hpp"
#include "hosting/ServerParts.hpp"

#include <algorithm>

namespace patchbay {
namespace {

/// For a start that has to be taken back.
constexpr std::chrono::seconds kGivingUp{1};

std::vector<std::shared_ptr<transport::EventLoop>> makeLoops(unsigned count) {
    std::vector<std::shared_ptr<transport::EventLoop>> loops;
    for (unsigned i = 0; i < count; ++i) loops.push_back(std::make_shared<transport::EventLoop>());
    return loops;
}

}  // namespace

Server::Parts::Parts(ServerConfig theConfig)
    : config{std::move(theConfig)},
      loops{makeLoops(hosting::loopCount(config))},
      pool{std::make_shared<ThreadPool>(ThreadPool::Bounds{config.server.workers, config.server.executorQueue})},
      container{{loops.begin(), loops.end()}, pool},
      host{container, {static_cast<int>(config.server.workers), 256}},
      gate{std::make_shared<hosting::GateState>(container, host, hosting::gateOptions(config))},
      wakeUp{hosting::WakeUp::take()} {
    container.state().publishTimeout = config.server.publishTimeout;
    for (const auto& loop : loops) loop->queue().setLimit(config.server.loopQueue);
    // Half of the time to stop, so that a peer that does not answer does not use it all.
    container.state().closeTimeout = std::min(container.state().closeTimeout, config.server.drainTimeout / 2);
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
        container.open();
        host.start();
        turnLoops();
        pool->start();
        watch();
        listen();
    } catch (...) {
        const auto soon = Clock::now() + kGivingUp;
        stopListening(soon);
        host.stop(soon);
        if (!pool->stop(soon)) pool->join();
        stopLoops(Clock::time_point::max());
        watchdog.reset();
        plugins.stop();
        closeAddresses();
        throw;
    }
    waiting.clear();
}

// ------------------------------------------------------------------------------------------------ what is served

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

// ------------------------------------------------------------------------------------------------ plugins

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
    closeAddresses();
    throw DeploymentError{std::move(problems)};
}

// ------------------------------------------------------------------------------------------------ addresses and loops

void Server::Parts::bind() {
    closeAddresses();  // of the start before
    std::vector<std::string> problems;
    for (const auto& address : config.server.listen) {
        try {
            auto files = std::make_shared<hosting::Certificates>(address);
            const auto accepted = [this, tls = files](transport::Socket socket, std::string peer) {
                accept(std::move(socket), std::move(peer), tls->current());
            };
            listeners.push_back(std::make_unique<transport::Listener>(*loops.front(), hosting::addressOf(address), accepted));
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
            container.state().ended->ring();
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
    const std::size_t index = nextLoop++ % loops.size();
    EventLoop& loop = *loops[index];
    const auto open = [gate = gate, &loop, index](transport::Socket from, std::string name, auto context) {
        if (context) from.startTls(std::move(context));
        hosting::Gate::open(gate, loop, index, std::move(from), std::move(name));
    };
    if (loop.isHere()) return open(std::move(socket), std::move(peer), std::move(tls));
    const auto moved = std::make_shared<transport::Socket>(std::move(socket));
    loop.post([open, moved, peer = std::move(peer), tls = std::move(tls)] { open(std::move(*moved), peer, tls); });
}

std::future<void> Server::Parts::on(EventLoop& loop, std::function<void()> task) {
    const auto done = std::make_shared<std::packaged_task<void()>>(std::move(task));
    auto result = done->get_future();
    loop.post([done] { (*done)(); });
    return result;
}

}  // namespace patchbay
