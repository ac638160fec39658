#pragma once
// Runs a script: the session layer as it is served, from deployment::Deployments down to base/LoopQueue, over loops,
// connections, a clock and threads that are the simulation's. All of it happens on one thread in the script's order, so a
// script always runs in the same way.
//
// Outside threads are actors: their calls are made while no loop has the processor, between turns, and within a turn where
// a handler's steps have a `thread` among them. In the same way other loops turn while a handler runs. The pool's threads are
// actors as well: each runs one task when the script says so, also while a handler runs, and with handlers of its own.

#include "Connection.hpp"
#include "Model.hpp"
#include "Script.hpp"
#include "SimLoop.hpp"
#include "Trace.hpp"

#include "base/ManualPool.hpp"
#include "deployment/Deployments.hpp"

#include <patchbay/async.hpp>
#include <patchbay/executor.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace patchbay::simulation {

/// What came of a run.
struct Outcome {
    std::optional<Fault> fault;
    std::uint64_t trace = 0;
    struct Counts {
        std::uint64_t steps = 0;  // that did something, those in handlers too
        std::uint64_t faults = 0, sessions = 0, threads = 0, topics = 0;
    } counts;
};

struct RunOptions {
    Planted planted = Planted::Nothing;
    std::FILE* lines = nullptr;  ///< gets everything that happens
};

Outcome run(std::span<const Step> script, RunOptions options = {});

/// Who performs steps.
struct Performer {
    Connection* self = nullptr;             ///< of whose session; nullptr: nobody's
    Model::Part part = Model::Part::Error;  ///< as what
    bool mayThrow = false;
    bool isRun = false;  ///< nobody else but the run itself
};

class Reply;

class Simulation final : public Network {
public:
    /// How many tasks may wait that an executor is given.
    static constexpr std::size_t kPoolRoom = 4;

    Simulation(std::span<const Step> script, RunOptions options);
    Simulation(const Simulation&) = delete;
    ~Simulation();

    Outcome run();

    // ---- for endpoints, tasks and hooks, whose code belongs to the run ----

    /// An instance is made: whose.
    Connection& begins() noexcept;
    void destroyed(Connection& connection);
    void opened(Connection& connection);
    void said(Connection& connection, Bytes payload);
    void closed(Connection& connection, const CloseReason& reason);
    void failed(Connection& connection);
    Async<void> openedSlowly(Connection& connection);
    Async<void> saidSlowly(Connection& connection, Bytes payload);
    Async<void> closedSlowly(Connection& connection, const CloseReason& reason);
    Async<void> failedSlowly(Connection& connection);
    /// What a message handler returns; and what has come of it.
    std::unique_ptr<Reply> reply(Connection& connection);
    void replied(const Reply& reply) noexcept;
    void told(Model::Part part, const Session& session, const CloseReason* reason);
    void runTask(std::uint32_t task);
    void taskGone(std::uint32_t task) noexcept;

private:
    void arrive(SimLoop& loop) override;
    void flush(SimLoop& loop) override;

    struct Policy {
        WhenFull whenFull = WhenFull::Close;
        std::uint16_t queueBytes = 4096;
        bool handlesErrors = true;
        std::uint16_t idle = 0, maxTopics = 0, maxSessions = 0;
        bool onPool = false, coroutines = false;  // its handlers
        std::uint16_t receiveQueue = 0;
        std::uint16_t sendTimeout = 0, messageTimeout = 0, maxFragments = 0;
    };
    struct Deployment {
        unsigned space = 0;
        std::weak_ptr<messaging::DeployedEndpoint> endpoint;
        std::shared_ptr<messaging::TopicTable> table;  // nullptr: of the server's own topics
        std::shared_ptr<Topics> topics;
    };
    struct TaskRecord {
        Connection* connection;
        Range steps;
        Model::Call call;
        bool wasOpen;  // when it was given
        bool isTimer = false, cancelled = false, gone = false;
        bool isExact = false;  // it is known when a timer is due
        Clock::time_point due{};
        std::chrono::milliseconds interval{};
        std::uint32_t runs = 0;
        Timer timer{};
        bool ranLate = false;  // it was with the pool when it was cancelled
    };

    // ---- Simulation.cpp: the script, one step after the other ----
    void readSettings();
    void perform(Range range, const Performer& who);
    void performAt(std::uint32_t at, const Performer& who);
    void performOnNetwork(const Step& step, std::uint32_t at);
    void performOnServer(const Step& step, const Performer& who);
    void checkLoops();
    bool runOnPool(std::size_t place);
    void turn(SimLoop& loop);
    Range innerOf(std::uint32_t step) const noexcept {
        return {step + 1, static_cast<std::uint32_t>(behind(script_, step))};
    }

    // ---- Server.cpp: what is served, and by whom it is stopped ----
    void deploy(unsigned endpoint);
    void undeploy(unsigned endpoint);
    void handshake(const Step& step, std::uint32_t at);
    void setProgrammes(Connection& connection, Range steps);
    bool mayRefuse(unsigned endpoint) const;
    void open(Connection& connection);
    void openPending();
    void lookAtAll();
    void drain();
    void cutAll();
    void end();
    void start();
    bool haveEnded() const noexcept;

    // ---- Calls.cpp: what threads and handlers call ----
    void performCall(const Step& step, std::uint32_t at, const Performer& who);
    void send(Connection& to, const Step& step, const Performer& who);
    void publish(const Step& step);
    void subscribe(Connection& whom, const Step& step);
    void post(Connection& to, std::uint32_t at);
    void startTimer(Connection& on, const Step& step, std::uint32_t at);
    void cancel(const Step& step);
    void cancelTimer(TaskRecord& task);
    void close(Connection& whom, const Step& step);
    void closeFor(Connection& whom, const Step& step);
    void ping(Connection& whom);
    void setIdle(Connection& whom, const Step& step);
    void setReceiving(Connection& whom, bool receives);
    void keep(Connection& where, const Step& step);
    void lookAround(Connection& from);
    void throwSomething(const Step& step, const Performer& who);
    void willFail(const Performer& who, const Ending& ending);
    std::uint32_t give(TaskRecord record);
    const Deployment* topicsOf(unsigned number) const noexcept;

    // ---- Handlers.cpp: what the framework calls ----
    void begin(Connection& connection, Model::Part part, const CloseReason* reason = nullptr);
    Range beginMessage(Connection& connection, Bytes payload);
    void handle(Connection& connection, Model::Part part, Range steps, const CloseReason* reason = nullptr);
    void checkTimer(TaskRecord& record);
    void checkThread(const Connection& connection, Model::Part part);

    // ---- Slowly.cpp: handlers that are coroutines ----
    Async<void> performSlowly(Range range, Performer who);
    struct Waiting {
        Clock::time_point until{};
        bool wasCancelled = false;  // before
        bool isCancelled = false;   // now
        bool isBeingDone = false;   // by the executor
    };
    void goesOn(std::uint32_t at, const Performer& who, const Waiting& waiting);

    // ---- Ending.cpp: how a run ends ----
    void finish();
    bool comeToRest();
    bool receiveAgain();
    bool wakeUp();
    void checkRest();
    void stop();
    void checkStopped();
    void callStopped();
    void checkKept();

    Connection* at(unsigned slot) const noexcept { return slot < kSlots ? slots_[slot] : nullptr; }

    const std::span<const Step> script_;
    Model model_;
    Trace trace_;
    Machine machine_;
    Surroundings around_;
    std::uint16_t loopCount_ = 2, loopQueue_ = 65535;
    std::array<Policy, kEndpoints> policies_;
    std::vector<std::shared_ptr<SimLoop>> loops_;
    std::vector<std::vector<Connection*>> onLoop_;
    const std::shared_ptr<ManualPool> pool_ = std::make_shared<ManualPool>(kPoolRoom);
    const Executor executor_{pool_};
    std::unique_ptr<deployment::Deployments> served_;
    std::vector<Deployment> deployments_;           // all there ever were; the first is the server's own topics
    std::array<std::size_t, kEndpoints> latest_{};  // each endpoint's place among them
    std::array<bool, kEndpoints> isDeployed_{};
    std::vector<std::unique_ptr<Connection>> connections_;
    std::vector<std::size_t> deploymentOf_;  // by Model::Id
    std::array<Connection*, kSlots> slots_{};
    std::vector<Connection*> byId_;    // by SessionId
    Connection* beginning_ = nullptr;  // whose instance is made now
    std::vector<TaskRecord> tasks_;
    std::array<std::optional<std::uint32_t>, kTimers> timers_;  // places among the tasks
    std::array<std::optional<Completion<int>>, kCompletions> completions_;
    std::size_t instances_ = 0, liveTasks_ = 0, values_ = 0;
    bool draining_ = false, cutting_ = false, ending_ = false;
    bool stopped_ = false;  // for good: the run ends
    Outcome::Counts counts_;
    unsigned threadsSeen_ = 0, topicsSeen_ = 0;  // bits
};

}  // namespace patchbay::simulation
