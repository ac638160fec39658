#pragma once
// What is deployed, and who may connect to it. Knows no socket: the gate and the test kit both ask it.
//
// A handshake is decided in this order, each step with its answer:
//     drains 503 -> no endpoint 404 -> origin 403 -> hooks as they say -> roles 401, 403 -> full 503 -> instance 500
//
// A hook may defer its verdict (Deferral): then the rest of this comes later, as a task of the connection's loop.
//
// What is deployed is an immutable table, replaced as a whole: deployment is all or nothing, also while the server runs.
// Source: Jakarta WebSocket §3.1, §5.2.1, §8.1; RFC 6455 §4.2.2

#include "deployment/ConfiguredEndpoint.hpp"
#include "endpoint/PathRouter.hpp"
#include "http/Site.hpp"
#include "messaging/AgreedExtension.hpp"
#include "messaging/DeployedEndpoint.hpp"
#include "messaging/SessionCore.hpp"
#include "wire/Objects.hpp"

#include <patchbay/executor.hpp>
#include <patchbay/extension.hpp>
#include <patchbay/http.hpp>
#include <patchbay/readiness.hpp>
#include <patchbay/services.hpp>
#include <patchbay/timer.hpp>
#include <patchbay/topics.hpp>

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace patchbay::deployment {

/// The verdict on a handshake: `rejection`, or everything that a session needs.
struct Admission {
    std::optional<HandshakeResponse::Rejection> rejection;
    HeaderFields headers;  // to add to the answer
    std::shared_ptr<messaging::DeployedEndpoint> endpoint;
    messaging::AgreedExtension extension;  // on the connection, from its first message on
    messaging::SessionStart start;

    /// What the client is answered; empty: none. The application's own is in `start`.
    std::string_view subprotocol() const noexcept { return start.isWire ? wire::kName : std::string_view{start.subprotocol}; }
};

/// What is answered to a handshake that was not admitted.   Requires: it was not.
HttpResponse refusalOf(const Admission& admission);

/// A handshake that is being judged.
class Judging;

/// Waits for the verdict on a handshake; destroyed, nobody does.   Thread: the handshake's loop.
class AwaitedAdmission {
public:
    explicit AwaitedAdmission(std::shared_ptr<Judging> judging) noexcept : judging_{std::move(judging)} {}
    AwaitedAdmission(const AwaitedAdmission&) = delete;
    ~AwaitedAdmission();

private:
    const std::shared_ptr<Judging> judging_;
};
using Admitted = std::function<void(Admission&&)>;

class Deployments {
public:
    /// Provides `Executor&` on `pool`, which the owner turns and ends.
    Deployments(std::vector<std::shared_ptr<Loop>> loops, std::shared_ptr<TaskPool> pool);
    ~Deployments();

    Services& services() noexcept { return services_; }
    const Readiness& readiness() const noexcept { return *readiness_; }
    messaging::ServerState& state() noexcept { return *state_; }

    /// Adds all of `endpoints`, or none of them. Returns what is wrong with them, each problem once.
    /// Thread: any. A configurator's constructor may call everything of this class.
    std::vector<std::string> deploy(std::vector<ConfiguredEndpoint> endpoints);
    /// Takes an endpoint away: no new session, and those that are open close with 1001. False when there is none.
    bool undeploy(std::string_view path);
    /// Errors: std::invalid_argument for a bad method or path, or one that has a handler for that method.
    void addRoute(http::Route route);
    /// Offers an extension to every handshake from now on; of those that a client offers too, the first it prefers is
    /// taken.   Thread: before the server starts.
    void addExtension(messaging::Hook<ExtensionFactory> factory) { extensions_.push_back(std::move(factory)); }
    /// Runs `task` every `interval`, on one loop.   Thread: any; the task's is the loop's.   Errors: std::invalid_argument
    /// for an interval that is not positive.
    Timer every(std::chrono::milliseconds interval, Task task);
    /// The same on each loop.
    void everyOnEachLoop(std::chrono::milliseconds interval, Ticker task, detail::ImagePin pin);
    /// True when exactly this path has a handler for that method.
    bool hasRoute(std::string_view method, std::string_view path) const;

    /// `GET /rooms/{room}` of each request that somebody handles, but for those of health.
    std::vector<std::string> routeLabels() const;

    /// Calls `done` once: here, and returns nullptr; or later on that loop, unless what is returned is destroyed before.
    /// Thread: any.   Errors: none thrown; a hook that throws is logged and makes a 500.
    std::unique_ptr<AwaitedAdmission> admit(HandshakeRequest request, std::size_t loopIndex, Admitted done);
    /// For who cannot wait: a hook that defers its verdict makes it a 503.   Thread, Errors: as before.
    Admission admitNow(HandshakeRequest request);
    /// The same as admit() where nobody else keeps what waits: it ends with this.   Thread: any.
    void admitAndKeep(HandshakeRequest request, Admitted done);
    /// Requires: `admission` was not rejected.   Thread: the session's loop.
    /// Nothing when the endpoint is full or has been taken away since the handshake was judged.
    std::shared_ptr<messaging::SessionCore> createSession(Admission&& admission, std::size_t loopIndex);
    /// Who answers a plain request.   Units of `path`: as it came, without the query.   Thread: any.
    http::Match find(std::string_view method, std::string_view path) const;

    /// The endpoint of a class; nullptr when it is not deployed.
    std::shared_ptr<messaging::DeployedEndpoint> endpointOf(const void* identity) const;
    std::vector<std::shared_ptr<messaging::DeployedEndpoint>> endpoints() const;
    /// True when an endpoint's origins have pages of that host (isOriginOf).   Thread: any.
    bool knowsHost(std::string_view name) const;

    /// From now on every handshake gets 503.
    void drain() noexcept { draining_.store(true); }
    bool isDraining() const noexcept { return draining_.load(); }
    /// From now on no endpoint takes another session. Returns those that are there.
    std::vector<std::shared_ptr<messaging::SessionCore>> shut();
    /// Undoes drain() and shut(): the server starts again.
    void open();
    std::size_t sessionCount() const;
    /// Lets go of whatever has code in a library. Handles on sessions stay answerable.   Requires: no loop turns any more,
    /// and no handshake is judged.
    void retire() noexcept;

private:
    struct Table {
        std::vector<std::shared_ptr<messaging::DeployedEndpoint>> endpoints;
        endpoint::PathRouter endpointPaths;
        std::vector<std::vector<http::Route>> routes;  // the methods of one path together
        endpoint::PathRouter routePaths;

        bool has(const void* identity) const noexcept;
    };
    Timer startTimer(const std::shared_ptr<Loop>& loop, std::chrono::milliseconds interval, Task task);
    std::shared_ptr<const Table> table() const;
    void replace(std::shared_ptr<const Table> table);
    std::vector<std::string> check(const ConfiguredEndpoint& endpoint);
    std::shared_ptr<messaging::DeployedEndpoint> build(ConfiguredEndpoint endpoint);
    std::shared_ptr<messaging::DeployedEndpoint> make(ConfiguredEndpoint endpoint, std::vector<std::string>& problems);
    static void addTo(Table& next, const std::shared_ptr<messaging::DeployedEndpoint>& endpoint,
                      std::vector<std::string>& problems);
    std::shared_ptr<messaging::DeployedEndpoint> takeOut(std::string_view path);
    friend class Judging;
    bool judge(Judging& judging);
    void begin(Judging& judging);
    bool ask(Judging& judging);
    bool askOnceMore(Judging& judging);
    void conclude(Judging& judging);
    bool waitFor(const std::shared_ptr<Judging>& judging);
    void resumed(const std::shared_ptr<Judging>& judging);
    std::vector<std::shared_ptr<messaging::DeployedEndpoint>> endpointsAndLeaving() const;
    void agreeOnExtension(const HandshakeRequest& request, Admission& admission);

    const std::shared_ptr<messaging::ServerState> state_;
    Services services_;
    const std::shared_ptr<Readiness> readiness_ = std::make_shared<Readiness>();
    messaging::Hooks<ExtensionFactory> extensions_;
    std::atomic<bool> draining_{false};
    std::atomic<std::size_t> pendingHandshakes_{0};
    std::mutex changing_;  // while a table is made of the one before; never around a user's code
    mutable std::mutex lock_;
    std::shared_ptr<const Table> table_;
    std::vector<std::weak_ptr<messaging::DeployedEndpoint>> leaving_;  // taken away; sessions of theirs may not have ended
    std::vector<std::weak_ptr<TimedTask>> timers_;   // the server's own
    std::list<std::unique_ptr<AwaitedAdmission>> awaited_;  // of admitAndKeep()
    std::vector<std::shared_ptr<TimedTask>> later_;  // of these, those that a stopped server was asked for
};

}  // namespace patchbay::deployment
