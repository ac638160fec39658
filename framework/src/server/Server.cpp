#include "base/Guarded.hpp"
#include "configuration/ListenUrl.hpp"
#include "server/ServerParts.hpp"

#include <cstdio>

namespace patchbay {
namespace {

std::string joined(const std::vector<std::string>& problems) {
    std::string text = problems.size() == 1 ? "1 problem keeps the server from starting:"
                                            : std::to_string(problems.size()) + " problems keep the server from starting:";
    for (const std::string& problem : problems) text += "\n  - " + problem;
    return text;
}

}  // namespace

DeploymentError::DeploymentError(std::vector<std::string> problems)
    : std::runtime_error{joined(problems)}, problems_{std::move(problems)} {}

Server::Server() : Server{ServerConfig{}} {}

Server::Server(ServerConfig config) : parts_{std::make_shared<Parts>(std::move(config))} {}

Server::~Server() {
    try {
        stop();
    } catch (const StopFromWithin&) {
        log::error("patchbay", "a server was destroyed on one of its own threads; it is stopped by another, and its plugins stay");
        std::thread{[parts = std::move(parts_)] {
            parts->stop();
            parts->pluginHost.keepForEver();
        }}.detach();
        return;
    }
    if (parts_->lifeCycle.stage() == server::LifeCycle::Stage::Abandoned && !parts_->returned) {
        parts_->pluginHost.keepForEver();
    } else {
        parts_->pluginHost.destroy();  // while there is still a server for them to look at
    }
}

deployment::Deployments& Server::deployments() const noexcept { return parts_->deployments; }

void Server::add(std::vector<detail::EndpointModel> models) {
    if (parts_->deployed) return parts_->deployNow(std::move(models));
    for (auto& model : models) parts_->waiting.push_back(std::move(model));
}

Server& Server::install(std::unique_ptr<Plugin> plugin) {
    parts_->pluginHost.add(std::move(plugin));
    return *this;
}

Server& Server::announce(std::string title, std::string text) {
    parts_->rows.emplace_back(std::move(title), std::move(text));
    return *this;
}

void Server::start() { parts_->begin(*this, {}); }

void Server::Parts::begin(Server& server, Task atItsStop) {
    using Stage = server::LifeCycle::Stage;
    lifeCycle.beginStart();
    try {
        stopping = std::move(atItsStop);
        start(server);
    } catch (...) {
        lifeCycle.endStart(Stage::Idle);
        throw;
    }
    lifeCycle.endStart(Stage::Serving);
}

std::uint16_t Server::port() const { return parts_->listeners.at(0)->port(); }

void Server::requestStop() noexcept {
    parts_->stopAsked.store(true);
    parts_->wakeUp.wake();
}

bool Server::stop() { return parts_->stop(); }

// ------------------------------------------------------------------------------------------------ certificates

std::vector<std::shared_ptr<server::Certificates>> Server::Parts::currentCertificates() {
    const std::lock_guard guard{certificatesLock};
    return certificates;
}

std::size_t Server::Parts::reloadCertificates(std::vector<std::string>& problems) {
    std::size_t reloaded = 0;
    for (const auto& files : currentCertificates()) {
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

void Server::reloadCertificates() {
    std::vector<std::string> problems;
    parts_->reloadCertificates(problems);
    if (!problems.empty()) throw DeploymentError{std::move(problems)};
}

// ------------------------------------------------------------------------------------------------ a whole program

void Server::Parts::sayWhatIsServed() const {
    server::Announcement all{shownUrls, {}, deployments.routeLabels(), pluginHost.shown("plugins"), pluginHost.shown("apps"), rows};
    for (const auto& endpoint : deployments.endpoints()) all.endpoints.push_back(endpoint->config.path);
    std::fputs(all.text().c_str(), stdout);
    std::fflush(stdout);
    if (all.endpoints.empty()) {
        log::warning("patchbay", "no endpoint is deployed, so every WebSocket handshake gets a 404: call deploy<Class>() or "
                                 "deployRegistered() before run(), and link a static library of endpoints with "
                                 "patchbay_add_endpoints()");
    }
}

/// True when the caller is to stop it; false when somebody else has.
bool Server::Parts::waitForItsEnd(server::CaughtSignals& signals, std::uint64_t stopsBefore) {
    for (;; wakeUp.wait()) {
        if (lifeCycle.stops() != stopsBefore) return false;
        if (stopAsked.load() || signals.askForStop()) return true;
        if (signals.askForReload()) reloadAndTell();
    }
}

int Server::run(Task ready, Task stopping) {
    Parts& p = *parts_;
    server::CaughtSignals signals{p.wakeUp};
    const std::uint64_t stopsBefore = p.lifeCycle.stops();
    try {
        p.begin(*this, std::move(stopping));
    } catch (const DeploymentError& error) {
        p.stopAsked.store(false);
        log::error("patchbay", error.what());
        return 1;
    }
    p.sayWhatIsServed();
    const bool isReady = !ready || guarded("patchbay", "ready()", ready);
    if (!isReady) requestStop();
    if (p.waitForItsEnd(signals, stopsBefore)) {
        std::printf("stopping: %zu sessions get 1001, at most %lld ms; press Ctrl-C again to exit at once\n", sessionCount(),
                    static_cast<long long>(p.config.server.drainTimeout.count()));
        std::fflush(stdout);
        stop();
    }
    const bool clean = p.lifeCycle.stage() != server::LifeCycle::Stage::Abandoned;
    std::puts("stopped");
    return isReady && clean ? 0 : 1;
}

}  // namespace patchbay
