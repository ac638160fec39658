#pragma once
// ServerContainer: what a server serves and what hangs in it. Server is the real one, testkit::TestServer the one in a test;
// plugins and applications are installed into either.
//
//     void install(patchbay::ServerContainer& server) {
//         server.provide(std::make_shared<Rooms>());
//         server.deploy<ChatRoom>();
//         server.handle("GET", "/rooms", listRooms);
//     }
//
// What a program with endpoints alone does not need has headers of its own: http_handlers.hpp for handle() and handleAsync(),
// hooks.hpp, extension.hpp and carrier.hpp for what is hung in.
//
// Source: Jakarta WebSocket §5.2 (ServerContainer)

#include <patchbay/close.hpp>
#include <patchbay/detail/Binding.hpp>
#include <patchbay/detail/Image.hpp>
#include <patchbay/detail/Registration.hpp>
#include <patchbay/services.hpp>
#include <patchbay/task.hpp>
#include <patchbay/timer.hpp>
#include <patchbay/topics.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay {

class Admission;
class Carrier;
class CarrierInput;
class ConnectionListener;
class ExtensionFactory;
struct HandshakeRequest;
class HandshakeInterceptor;
class MessageInterceptor;
class SessionListener;
class Store;  // store.hpp
struct Ticker;
struct WhenAdmitted;

namespace deployment {
class Deployments;
}

namespace detail {
struct PlainHttpHandler;
struct AsyncHttpHandler;
/// Makes of a handler what the server keeps.   Defined: in http_handlers.hpp.
template <class F>
struct HttpBinding;
}  // namespace detail

/// Everything that is wrong with what was to be deployed, installed or listened on; one line each.
class DeploymentError : public std::runtime_error {
public:
    explicit DeploymentError(std::vector<std::string> problems);
    const std::vector<std::string>& problems() const noexcept { return problems_; }

private:
    std::vector<std::string> problems_;
};

/// Thread: one at a time until the server runs; afterwards deploy(), undeploy(), topicsOf() and the counts from any.
class ServerContainer {
public:
    virtual ~ServerContainer() = default;
    ServerContainer(const ServerContainer&) = delete;
    ServerContainer& operator=(const ServerContainer&) = delete;

    /// Hands out `service` to every constructor that asks for a `T&` or a `std::shared_ptr<T>`.
    /// Requires: before the endpoints that ask for it are deployed or the server starts.
    template <class T>
    PATCHBAY_HIDDEN ServerContainer& provide(std::shared_ptr<T> service) {
        services().provide(std::move(service));
        return *this;
    }
    /// A service that somebody has provided, such as another plugin.   Errors: MissingService.
    template <class T>
    std::shared_ptr<T> service() {
        return services().get<std::shared_ptr<T>>();
    }

    /// Deploys an annotated class, when the server starts or, when it runs, at once. The same class twice is once.
    /// Errors: DeploymentError, then or here; then nothing of it is deployed.   Source: Jakarta WebSocket §5.2.1
    template <class Endpoint>
    ServerContainer& deploy() {
        return add(detail::makeModel<Endpoint>());
    }
    /// Deploys every endpoint that annotations have registered in this program (or this shared library).
    __attribute__((visibility("hidden"))) inline ServerContainer& deployRegistered() {
        return add(detail::firstRegistration());
    }
    /// Takes an endpoint away: no new sessions, the open ones close with 1001. False when there is none at that path.
    virtual bool undeploy(std::string_view path);

    /// Answers `method` requests for `path`, a template as an endpoint's, on a worker; a GET handler answers HEAD too. The last segment
    /// may be a rest, `{path...}`: all that follows and that nothing else is for.
    ///     handle("GET", "/rooms", [](const HttpRequest&, HttpResponse& response, Rooms& rooms) { … });
    /// `handler` is an HttpHandler, or takes services behind request and response: `Store&`, `const Store&`, `std::shared_ptr<Store>`.
    /// Errors: std::invalid_argument for a method that is no token, a bad path or one that is taken; MissingService for a service that
    /// has not been provided before.
    template <class F>
    PATCHBAY_HIDDEN ServerContainer& handle(std::string method, std::string path, F&& handler) {
        static_assert(requires { sizeof(detail::HttpBinding<F>); }, "Patchbay: handle() needs #include <patchbay/http_handlers.hpp>");
        return add(std::move(method), std::move(path), detail::HttpBinding<F>::plain(std::forward<F>(handler), services()),
                   detail::thisImage());
    }
    /// The same on the loop of the connection, where nothing may block: whoever has the exchange answers it, whenever and from wherever, as
    /// a whole or as a stream (http_exchange.hpp).
    ///     handleAsync("GET", "/events", [](HttpExchange exchange, Feed& feed) { … });
    ///     handleAsync("GET", "/report", [](HttpExchange exchange, Executor& executor) -> Async<void> { … });
    template <class F>
    PATCHBAY_HIDDEN ServerContainer& handleAsync(std::string method, std::string path, F&& handler) {
        static_assert(requires { sizeof(detail::HttpBinding<F>); }, "Patchbay: handleAsync() needs #include <patchbay/http_handlers.hpp>");
        return add(std::move(method), std::move(path), detail::HttpBinding<F>::async(std::forward<F>(handler), services()),
                   detail::thisImage());
    }

    /// Offers an extension in every handshake; of those that a client offers too, the first it prefers is taken.
    /// Requires, as the following: before the server runs.
    ServerContainer& addExtension(std::shared_ptr<ExtensionFactory> extension, detail::ImagePin pin = detail::thisImage());
    /// Hang hooks in (hooks.hpp): each chain runs in the order in which its hooks were added.
    ServerContainer& addInterceptor(std::shared_ptr<HandshakeInterceptor> interceptor, detail::ImagePin pin = detail::thisImage());
    ServerContainer& addInterceptor(std::shared_ptr<MessageInterceptor> interceptor, detail::ImagePin pin = detail::thisImage());
    ServerContainer& addListener(std::shared_ptr<SessionListener> listener, detail::ImagePin pin = detail::thisImage());
    ServerContainer& addListener(std::shared_ptr<ConnectionListener> listener, detail::ImagePin pin = detail::thisImage());
    /// Judges a handshake that came by something else than WebSocket: origin, configurator, interceptors, roles and limits as for
    /// those. Extensions are not for it: what is offered is passed over. A hook that defers its verdict makes it a 503.
    /// Thread: a loop's, or a thread that the server's stop waits for, such as an HTTP handler's.   Errors: none; a hook that throws is
    /// logged and makes a 500.
    Admission admit(HandshakeRequest request);
    /// The same where hooks may take their time: calls `done` once, on a loop, within this call where that is here; never where the server
    /// ends before. What it throws is logged.   Thread: any.
    void admit(HandshakeRequest request, WhenAdmitted done, detail::ImagePin pin = detail::thisImage());
    /// Begins the session of a handshake that was admitted, over `carrier` (carrier.hpp). It lives on the loop that this thread turns,
    /// if any, or else on the next in turn, for life. Its open handler runs there, behind what waits, not inside this call.
    /// Returns: where the peer's messages go. One that is not open where the endpoint has become full or was taken away since: answer
    /// with 503.   Errors: std::logic_error where it was not admitted; std::invalid_argument for no carrier.   Thread: as admit().
    CarrierInput openSession(Admission admission, std::unique_ptr<Carrier> carrier, detail::ImagePin pin = detail::thisImage());

    /// Durable topics (history.hpp) are kept in `store` from now on, and /readyz says `store` while that is not well. Its receivers may be
    /// told on whatever thread, in the order of commits.   Requires: once, before endpoints that have such topics are deployed.
    ServerContainer& keepHistoryIn(std::shared_ptr<Store> store, detail::ImagePin pin = detail::thisImage());

    /// Runs `task` every `interval` for as long as the server runs: once for all of it, on one loop. At a fixed rate,
    /// without drift; what a stall has missed is made up for by one run.   Thread of the task: that loop's.
    /// Errors: std::invalid_argument for an interval that is not positive; what the task throws is logged.
    Timer every(std::chrono::milliseconds interval, Task task);
    /// The same on each loop, for what is due for its sessions.   Thread of the task: the loops', several at once.
    ServerContainer& everyOnEachLoop(std::chrono::milliseconds interval, Ticker task, detail::ImagePin pin = detail::thisImage());

    /// The topics of a deployed class, for HTTP handlers, timers and other threads. Valid until the class is undeployed.
    /// Errors: std::logic_error when it is not deployed (before a server has started nothing is).
    template <class Endpoint>
    Topics& topicsOf() {
        return topicsOf(&detail::kIdentity<Endpoint>);
    }
    /// The topics of the whole server; endpoints ask for them as `GlobalTopics&`.
    GlobalTopics& globalTopics();
    std::size_t sessionCount() const;
    /// How many sessions have ended for that cause.
    std::uint64_t closedFor(CloseCause cause) const;

protected:
    ServerContainer() = default;
    /// Deploys, now or later.
    virtual void add(std::vector<detail::EndpointModel> models) = 0;
    virtual deployment::Deployments& deployments() const noexcept = 0;

private:
    ServerContainer& add(detail::EndpointModel model);
    ServerContainer& add(const detail::Registration* first);
    ServerContainer& add(std::string method, std::string path, detail::PlainHttpHandler handler, detail::ImagePin pin);
    ServerContainer& add(std::string method, std::string path, detail::AsyncHttpHandler handler, detail::ImagePin pin);
    Services& services();
    Topics& topicsOf(const void* identity);
};

}  // namespace patchbay
