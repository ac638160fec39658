#include "deployment/Deployments.hpp"

#include "base/Guarded.hpp"
#include "base/Log.hpp"
#include "base/Origin.hpp"
#include "base/TimedTask.hpp"
#include "messaging/History.hpp"

#include <patchbay/clock.hpp>
#include <patchbay/users.hpp>

#include <algorithm>
#include <iterator>
#include <stdexcept>

namespace patchbay::deployment {
namespace {

/// One ticker for all loops, with the library that it came from.
struct Ticking {
    detail::ImagePin pin;  // first: goes last
    Ticker task;
};

}  // namespace

Deployments::Deployments(std::vector<std::shared_ptr<Loop>> loops, std::shared_ptr<TaskPool> pool)
    : state_{std::make_shared<messaging::ServerState>(std::move(loops))}, table_{std::make_shared<const Table>()} {
    services_.provide(std::make_shared<GlobalTopics>(
        std::make_shared<messaging::TopicTable>(state_, detail::WireFormat{.json = {}, .tagged = true})));
    services_.provide(std::make_shared<Executor>(pool));
    services_.provide(std::make_shared<Users>(state_));
    services_.provide(readiness_);
    services_.provide(std::make_shared<ServerClock>(state_->loops.front()));
    state_->pool = std::move(pool);
}

Deployments::~Deployments() { retire(); }

Timer Deployments::every(std::chrono::milliseconds interval, Task task) {
    return startTimer(state_->loops.front(), interval, std::move(task));
}

Timer Deployments::startTimer(const std::shared_ptr<Loop>& loop, std::chrono::milliseconds interval, Task task) {
    if (interval.count() <= 0) throw std::invalid_argument{"a timer's interval must be longer than nothing"};
    const auto timed = std::make_shared<LoopTask>(loop, TimedTask::Times{onClock(interval), onClock(interval)}, std::move(task),
                                                  "a timer of the server");
    {
        const std::lock_guard guard{lock_};
        std::erase_if(timers_, [](const auto& timer) { return timer.expired(); });
        timers_.push_back(timed);
    }
    if (timed->start()) return Timer{timed};
    const std::lock_guard guard{lock_};  // the server has stopped: when it starts again
    later_.push_back(timed);
    return Timer{timed};
}

void Deployments::everyOnEachLoop(std::chrono::milliseconds interval, Ticker task, detail::ImagePin pin) {
    const auto ticking = std::make_shared<const Ticking>(Ticking{std::move(pin), std::move(task)});
    for (const auto& loop : state_->loops) {
        startTimer(loop, interval, [loop = loop.get(), ticking] { ticking->task(loop->now()); });
    }
}

std::shared_ptr<const Deployments::Table> Deployments::table() const {
    const std::lock_guard guard{lock_};
    return table_;
}

bool Deployments::Table::has(const void* identity) const noexcept {
    return std::ranges::any_of(endpoints, [&](const auto& endpoint) { return endpoint->identity == identity; });
}

void Deployments::replace(std::shared_ptr<const Table> table) {
    const std::lock_guard guard{lock_};
    table_.swap(table);
}

// ------------------------------------------------------------------------------------------------ deployment

std::vector<std::string> Deployments::check(const ConfiguredEndpoint& endpoint) {
    std::vector<std::string> problems;
    const std::string who = endpoint.config.className + " at " + endpoint.config.path + ": ";
    const auto problem = detail::checkPath(endpoint.config.path);
    if (problem != detail::PathProblem::None) problems.push_back(who + "the path is no template: " + std::string{detail::describe(problem)});
    for (const detail::TopicModel& topic : endpoint.model.topics) {
        if (!topic.options.history.durable || topic.options.history.messages == 0 || state_->history->durable()) continue;
        problems.push_back(who + "its topics " + std::string{topic.pattern} +
                           " are durable, and nothing says where they are kept; add to the configuration: store: { file: data/patchbay.db }");
    }
    Services scope{&services_};
    const auto topics = std::make_shared<messaging::TopicTable>(state_, detail::WireFormat{});
    scope.provide(std::make_shared<Topics>(topics));
    try {
        endpoint.model.checkServices(scope);
    } catch (const MissingService& missing) {
        problems.push_back(who + missing.what());
    }
    return problems;
}

std::shared_ptr<messaging::DeployedEndpoint> Deployments::build(ConfiguredEndpoint endpoint) {
    auto made = std::make_shared<messaging::DeployedEndpoint>(std::move(endpoint.model), std::move(endpoint.config), state_, services_);
    state_->add(made);
    const auto factory = made->code->model.options.configurator;
    made->configurator = factory ? factory(made->services) : std::make_shared<Configurator>();
    return made;
}

/// Runs the constructor of its configurator, which may call this again.   Requires: no lock is held.
std::shared_ptr<messaging::DeployedEndpoint> Deployments::make(ConfiguredEndpoint endpoint, std::vector<std::string>& problems) {
    const std::string who = endpoint.config.className + " at " + endpoint.config.path + ": ";
    const auto found = check(endpoint);
    problems.insert(problems.end(), found.begin(), found.end());
    if (!found.empty()) return nullptr;
    std::shared_ptr<messaging::DeployedEndpoint> made;
    const auto thrown = thrownBy([&] { made = build(std::move(endpoint)); });
    if (!thrown) return made;
    problems.push_back(who + "its configurator cannot be made: " + *thrown);
    return nullptr;
}

/// The same class twice is ignored (Jakarta WebSocket §5.2.1).
void Deployments::addTo(Table& next, const std::shared_ptr<messaging::DeployedEndpoint>& endpoint,
                      std::vector<std::string>& problems) {
    if (next.has(endpoint->identity)) return;
    const auto taken = next.endpointPaths.add(endpoint->config.path, next.endpoints.size());
    if (!taken) return next.endpoints.push_back(endpoint);
    const auto& other = next.endpoints[*taken]->config;
    problems.push_back(endpoint->config.className + " at " + endpoint->config.path + ": " + other.className + " is at " +
                       other.path + " already, which matches the same requests; give one of them another path");
}

std::vector<std::string> Deployments::deploy(std::vector<ConfiguredEndpoint> endpoints) {
    std::vector<std::string> problems;
    std::vector<std::shared_ptr<messaging::DeployedEndpoint>> made;  // those in vain go when the lock is free again
    for (ConfiguredEndpoint& configured : endpoints) {
        const void* const identity = configured.model.identity;
        const bool again = std::ranges::any_of(made, [&](const auto& e) { return e->identity == identity; });
        if (again || table()->has(identity)) continue;
        if (auto endpoint = make(std::move(configured), problems)) made.push_back(std::move(endpoint));
    }
    const std::lock_guard one{changing_};
    auto next = std::make_shared<Table>(*table());
    for (const auto& endpoint : made) addTo(*next, endpoint, problems);
    if (problems.empty()) replace(std::move(next));
    return problems;
}

bool Deployments::undeploy(std::string_view path) {
    const auto gone = takeOut(path);
    if (!gone) return false;
    const auto sessions = gone->shut();
    log::info(gone->config.path, "taken away; " + std::to_string(sessions.size()) + " sessions get 1001");
    for (const auto& session : sessions) session->close(CloseCause::Shutdown, std::nullopt, "endpoint removed");
    return true;
}

/// nullptr when there is none at that path.
std::shared_ptr<messaging::DeployedEndpoint> Deployments::takeOut(std::string_view path) {
    const std::lock_guard one{changing_};
    auto next = std::make_shared<Table>(*table());
    const auto found = std::find_if(next->endpoints.begin(), next->endpoints.end(),
                                    [&](const auto& e) { return e->config.path == path; });
    if (found == next->endpoints.end()) return nullptr;
    auto gone = *found;
    next->endpoints.erase(found);
    next->endpointPaths = {};
    for (std::size_t i = 0; i < next->endpoints.size(); ++i) next->endpointPaths.add(next->endpoints[i]->config.path, i);
    {
        const std::lock_guard guard{lock_};  // before the table changes: whoever asks for all finds it in one of the places
        std::erase_if(leaving_, [](const auto& endpoint) { return endpoint.expired(); });
        leaving_.push_back(gone);
    }
    replace(std::move(next));
    return gone;
}

void Deployments::addRoute(http::Route route) {
    const std::lock_guard one{changing_};
    const auto problem = detail::checkPath(route.path, detail::Rest::Last);
    if (problem != detail::PathProblem::None) {
        throw std::invalid_argument{"handle " + route.path + ": the path is no template: " + std::string{detail::describe(problem)}};
    }
    if (!protocol::isToken(route.method)) throw std::invalid_argument{"handle " + route.path + ": the method \"" + route.method + "\" is no token"};
    route.label = detail::internLabel(route.method + " " + route.path);
    auto next = std::make_shared<Table>(*table());
    const auto place = next->routePaths.add(route.path, next->routes.size());
    if (!place) {
        next->routes.push_back({std::move(route)});
    } else {
        auto& methods = next->routes[*place];
        for (const http::Route& other : methods) {
            if (other.method == route.method || other.path != route.path) {
                throw std::invalid_argument{"handle " + route.method + " " + route.path + ": " + other.method + " " +
                                            other.path + " is handled already"};
            }
        }
        methods.push_back(std::move(route));
    }
    replace(std::move(next));
}

std::vector<std::string> Deployments::routeLabels() const {
    const auto current = table();
    std::vector<std::string> labels;
    for (const auto& methods : current->routes) {
        for (const http::Route& route : methods) {
            if (!route.isHealth) labels.push_back(route.method + ' ' + route.path);
        }
    }
    return labels;
}

bool Deployments::hasRoute(std::string_view method, std::string_view path) const {
    const auto current = table();
    for (const auto& methods : current->routes) {
        for (const http::Route& route : methods) {
            if (route.method == method && route.path == path) return true;
        }
    }
    return false;
}

// ------------------------------------------------------------------------------------------------ sessions

std::shared_ptr<messaging::SessionCore> Deployments::createSession(Admission&& admission, std::size_t loopIndex) {
    auto session = std::make_shared<messaging::SessionCore>(admission.endpoint, loopIndex, std::move(admission.start));
    return admission.endpoint->add(session) ? session : nullptr;
}

// ------------------------------------------------------------------------------------------------ plain HTTP

namespace {

http::Match refused(int status, std::string problem, HeaderFields fields = {}) {
    http::Match match;
    match.refusal = {status, std::move(fields), std::move(problem)};
    return match;
}

/// nullptr when nobody answers that method; a GET handler answers HEAD too.
const http::Route* routeFor(std::string_view method, const std::vector<http::Route>& routes) {
    const auto of = [&](std::string_view wanted) { return std::ranges::find(routes, wanted, &http::Route::method); };
    auto found = of(method);
    if (found == routes.end() && method == "HEAD") found = of("GET");
    return found == routes.end() ? nullptr : &*found;
}

/// Whether the routes are for whatever else there is, to which an endpoint's path does not belong.
bool haveRest(const std::vector<http::Route>& routes) { return routes.front().path.ends_with("...}"); }

}  // namespace

http::Match Deployments::find(std::string_view method, std::string_view path) const {
    const auto current = table();
    auto match = current->routePaths.match(path);
    if ((!match || haveRest(current->routes[match->target])) && current->endpointPaths.match(path)) {
        return refused(426, "this is a WebSocket endpoint: connect with ws:// or wss://\n",
                       {{"Upgrade", "websocket"}, {"Sec-WebSocket-Version", "13"}});
    }
    if (!match) return refused(404, "there is nothing at this path\n");
    const auto& routes = current->routes[match->target];
    const http::Route* const route = routeFor(method, routes);
    if (!route) {
        std::string allowed;
        for (const http::Route& each : routes) allowed.append(allowed.empty() ? "" : ", ").append(each.method == "GET" ? "GET, HEAD" : each.method);
        return refused(405, "this path takes " + allowed + "\n", {{"Allow", allowed}});
    }
    http::Match result;
    std::size_t next = 0;
    detail::forEachSegment(route->path, [&](std::string_view segment) {
        if (detail::isVariable(segment)) result.pathParameters.emplace_back(detail::variableName(segment), match->values[next++]);
    });
    result.route = route;
    result.keep = current;
    return result;
}

// ------------------------------------------------------------------------------------------------ all of them

std::shared_ptr<messaging::DeployedEndpoint> Deployments::endpointOf(const void* identity) const {
    for (const auto& endpoint : table()->endpoints) {
        if (endpoint->identity == identity) return endpoint;
    }
    return nullptr;
}

std::vector<std::shared_ptr<messaging::DeployedEndpoint>> Deployments::endpoints() const { return table()->endpoints; }

bool Deployments::knowsHost(std::string_view name) const {
    const auto current = table();
    return std::ranges::any_of(current->endpoints, [&](const auto& endpoint) {
        return std::ranges::any_of(endpoint->config.origins, [&](const std::string& origin) { return isOriginOf(origin, name); });
    });
}

/// Those too that were taken away and whose sessions have not ended.
std::vector<std::shared_ptr<messaging::DeployedEndpoint>> Deployments::endpointsAndLeaving() const {
    auto all = endpoints();
    const std::lock_guard guard{lock_};
    for (const auto& leaving : leaving_) {
        auto endpoint = leaving.lock();
        if (endpoint && std::ranges::find(all, endpoint) == all.end()) all.push_back(std::move(endpoint));
    }
    return all;
}

std::vector<std::shared_ptr<messaging::SessionCore>> Deployments::shut() {
    std::vector<std::shared_ptr<messaging::SessionCore>> all;
    for (const auto& endpoint : endpointsAndLeaving()) {
        auto some = endpoint->shut();
        all.insert(all.end(), std::move_iterator{some.begin()}, std::move_iterator{some.end()});
    }
    return all;
}

void Deployments::retire() noexcept {
    later_.clear();
    awaited_.clear();
    for (const auto& timer : timers_) {
        if (const auto timed = timer.lock()) timed->drop();
    }
    for (const auto& endpoint : endpointsAndLeaving()) endpoint->retire();
    state_->retire();
    extensions_.clear();
    readiness_->clear();
    services_ = Services{};
    replace(std::make_shared<const Table>());
}

void Deployments::open() {
    std::vector<std::shared_ptr<TimedTask>> later;
    {
        const std::lock_guard guard{lock_};
        later.swap(later_);
    }
    for (const auto& timed : later) timed->start();
    for (const auto& endpoint : endpoints()) endpoint->reopen();
    state_->cutting.store(false);
    draining_.store(false);
}

std::size_t Deployments::sessionCount() const {
    std::size_t count = 0;
    for (const auto& endpoint : endpointsAndLeaving()) count += endpoint->sessionCount();
    return count;
}

}  // namespace patchbay::deployment
