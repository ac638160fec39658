#pragma once
// What a Server is made of. Its start is Starting.cpp, its stop Stopping.cpp; Server.cpp is the public face.
//
// Who owns what: the server shares its parts with nobody, until a stop gives up while handlers still run: then a thread that is
// detached keeps them, joins what still runs, and destroys them. Loops and workers never own the parts. Handles on sessions
// share loops and pool: what these hold has gone by then.

#include "base/MemoryReserve.hpp"
#include "base/ThreadPool.hpp"
#include "deployment/Deployments.hpp"
#include "http/Gate.hpp"
#include "http/HttpHost.hpp"
#include "server/Announcement.hpp"
#include "server/Certificates.hpp"
#include "server/ConnectionBounds.hpp"
#include "server/LifeCycle.hpp"
#include "server/Holders.hpp"
#include "server/MemoryWatch.hpp"
#include "plugins/PluginHost.hpp"
#include "server/ServedSite.hpp"
#include "server/Signals.hpp"
#include "server/Watchdog.hpp"
#include "transport/EventLoop.hpp"
#include "transport/Listener.hpp"
#include "transport/ProxyGreetings.hpp"

#include <patchbay/server.hpp>

#include <future>
#include <mutex>
#include <optional>
#include <thread>

namespace patchbay {

/// Members are destroyed in the reverse order: listeners, then loops' users, then the loops.
struct Server::Parts : std::enable_shared_from_this<Server::Parts> {
    using EventLoop = transport::EventLoop;

    explicit Parts(ServerConfig theConfig);
    ~Parts();

    ServerConfig config;
    const server::ConnectionBounds bounds;
    plugins::PluginHost pluginHost;  // first: its libraries outlive everything that came from them
    std::vector<std::string> installProblems;
    bool installed = false;
    const std::unique_ptr<const MemoryReserve> reserve;  // nullptr: the application will have none
    const std::shared_ptr<MemoryBudget> memoryBudget;
    const std::vector<std::shared_ptr<EventLoop>> loops;
    const std::shared_ptr<ThreadPool> pool;  // sessions that run on workers, and the executor's tasks
    deployment::Deployments deployments;
    server::ServedSite site;
    http::HttpHost httpHost;
    std::shared_ptr<http::GateState> gate;
    server::Holders holders;
    server::MemoryWatch memory;
    bool memoryWatched = false;  // its timers live as long as the loops
    std::vector<detail::EndpointModel> waiting;  // deployed before start()
    bool deployed = false;  // what waited is there: what comes now is deployed at once, also by a configurator of those
    std::vector<std::unique_ptr<transport::ProxyGreetings>> greetings;  // by loop; each is its loop's alone
    std::vector<std::unique_ptr<transport::Listener>> listeners;
    std::vector<std::string> shownUrls;  // one for each
    std::vector<std::pair<std::string, std::string>> rows;  // of what run() says
    std::mutex certificatesLock;
    std::vector<std::shared_ptr<server::Certificates>> certificates;  // one for each of the configuration's addresses
    std::size_t nextLoop = 0;   // as the next, the first loop's
    bool fullLogged = false;  // until there is room again

    /// A loop's thread.
    struct Turning {
        std::thread thread;
        std::atomic<bool> ended{false};
    };
    std::vector<std::unique_ptr<Turning>> threads;
    std::optional<server::Watchdog> watchdog;  // while the loops turn
    std::atomic<bool> returned{false};  // all that a stop had given up on

    server::LifeCycle lifeCycle;
    std::atomic<bool> stopAsked{false};
    server::WakeUp& wakeUp;  // run()'s thread
    Task stopping;  // the application's, set by the thread that starts

    // ---- Starting.cpp: the thread that starts
    void start(Server& server);
    std::vector<deployment::ConfiguredEndpoint> configured(std::vector<detail::EndpointModel> models, std::vector<std::string>& problems) const;
    void deploy(std::vector<deployment::ConfiguredEndpoint> endpoints, std::vector<std::string> problems);
    void deployNow(std::vector<detail::EndpointModel> models);
    void deployWaiting();
    void installPlugins(Server& server);
    void startPlugins();
    void addHealth();
    void bind();
    void closeAddresses();
    void turnLoops();
    void turn(std::size_t index);
    void watch();
    void watchMemory();
    HttpResponse readiness(std::string_view target) const;
    void listen();
    bool hasRoom();
    /// How a connection came.
    struct Arrival {
        std::shared_ptr<const transport::TlsContext> tls;
        bool proxyProtocol = false;
        bool onLoopback = false;
    };
    void accept(transport::Socket socket, std::string peer, const Arrival& arrival);
    void open(std::size_t loopIndex, http::Newcomer& newcomer, const std::shared_ptr<const transport::TlsContext>& tls);
    void awaitProxyHeader(std::size_t loopIndex, const std::shared_ptr<http::Newcomer>& newcomer,
                          const std::shared_ptr<const transport::TlsContext>& tls);
    std::vector<std::string> addressProblems() const;

    // ---- Stopping.cpp
    /// As Server::stop(), from wherever.   Errors: StopFromWithin.
    bool stop();
    /// True on a loop or worker of this server.   Thread: any.
    bool isHere() const noexcept;

    // ---- the thread that stops
    bool drain();
    void closeSessions(Clock::time_point deadline);
    bool waitForSessions(Clock::time_point deadline);
    bool waitForEverybody(Clock::time_point deadline);
    void stopListening(Clock::time_point deadline);
    void endConnections();
    bool stopLoops(Clock::time_point deadline);
    std::string whatRuns() const;
    void abandon();

    // ---- Server.cpp
    void begin(Server& server, Task atItsStop);
    std::vector<std::shared_ptr<server::Certificates>> currentCertificates();
    /// How many addresses have new ones.
    std::size_t reloadCertificates(std::vector<std::string>& problems);
    void reloadAndTell();
    void sayWhatIsServed() const;
    bool waitForItsEnd(server::CaughtSignals& signals, std::uint64_t stopsBefore);

    /// Runs `task` on the loop. The result says when, and what it threw.
    static std::future<void> on(EventLoop& loop, std::function<void()> task);
};

}  // namespace patchbay
