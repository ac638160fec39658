#include "base/Guarded.hpp"
#include "base/Uri.hpp"
#include "deployment/ConfiguredEndpoint.hpp"
#include "deployment/Deployments.hpp"
#include "http/Answer.hpp"
#include "http/Handlers.hpp"
#include "messaging/CarrierLink.hpp"
#include "messaging/History.hpp"
#include "testkit/MemoryCarrier.hpp"

#include <patchbay/server.hpp>
#include <patchbay/testkit.hpp>

#include <algorithm>
#include <utility>

namespace patchbay::testkit {
namespace {

constexpr std::string_view kHost = "test.example";

using Arriving = Peer::Line::Arriving;

void arrive(Peer::Line& line, Arriving arriving) {
    line.machine.turnWith([&] { line.arrive(std::move(arriving)); });
}

}  // namespace

Refused::Refused(int status, HeaderFields headers, std::string body)
    : std::runtime_error{"the handshake was refused with " + std::to_string(status) + ": " + body},
      status_{status},
      headers_{std::move(headers)},
      body_{std::move(body)} {}

// ------------------------------------------------------------------------------------------------ the peer

Peer::Peer(std::shared_ptr<Line> line) noexcept : line_{std::move(line)} {}

void Peer::send(std::string_view text) { arrive(*line_, {.text = std::string{text}}); }
void Peer::send(Bytes bytes) { arrive(*line_, {.kind = MessageKind::Binary, .text = std::string{asText(bytes)}}); }

void Peer::close(CloseCode code, std::string_view text) {
    arrive(*line_, {.what = Arriving::What::Close, .code = code, .text = std::string{text}});
}

void Peer::vanish() {
    stall();
    arrive(*line_, {.what = Arriving::What::Loss});
}

std::size_t Peer::waiting() const {
    line_->machine.settle();
    return static_cast<std::size_t>(std::ranges::count(line_->unread, Arriving::What::Message, &Arriving::what));
}

void Peer::stall() {
    const std::lock_guard guard{line_->lock};
    line_->stalled = true;
}

void Peer::resume() { line_->takeQueue(); }

const std::vector<Received>& Peer::received() const {
    line_->machine.settle();  // what a test has published arrives with the turn
    return line_->received;
}

std::string Peer::take(MessageKind kind) {
    line_->machine.settle();
    const std::lock_guard guard{line_->lock};
    if (line_->received.empty()) throw std::logic_error{"take: no message has arrived"};
    Received message = std::move(line_->received.front());
    line_->received.erase(line_->received.begin());
    if (message.kind != kind) throw std::logic_error{"take: the oldest message is of the other kind"};
    return std::move(message.payload);
}

/// A message without a type may be anything.
void Peer::requireType(json::Value message, std::string_view wanted) const {
    std::string_view type;
    try {
        type = json::readType(message, wireFormat().json);
    } catch (const DecodeError&) {
        return;
    }
    if (type == wanted) return;
    throw std::logic_error{"take: the oldest message is a " + std::string{type} + ", not a " + std::string{wanted}};
}

std::string Peer::takeText() { return take(MessageKind::Text); }
std::string Peer::takeBinary() { return take(MessageKind::Binary); }

std::optional<Goodbye> Peer::closed() const {
    line_->machine.settle();
    const std::lock_guard guard{line_->lock};
    return line_->goodbye;
}

std::size_t Peer::pings() const {
    line_->machine.settle();
    return line_->pings;
}
std::size_t Peer::dropped() const {
    line_->machine.settle();
    return line_->input.session().droppedMessages();
}
const std::string& Peer::subprotocol() const noexcept { return line_->subprotocol; }
const HeaderFields& Peer::headers() const noexcept { return line_->headers; }
const detail::WireFormat& Peer::wireFormat() const noexcept { return messaging::SessionCore::of(line_->input.session())->endpoint().format; }

// ------------------------------------------------------------------------------------------------ the server

struct TestServer::Parts {
    explicit Parts(ServerConfig theConfig)
        : config{std::move(theConfig)},
          machine{config.server.executorQueue},
          deployments{{machine.sharedLoop()}, machine.pool()},
          store{std::make_shared<FaultyStore>(makeMemoryStore({}, [loop = machine.sharedLoop()] { return loop->timeOfDay(); }))} {
        deployments.state().history->setDurable(store);
    }

    ServerConfig config;
    Machine machine;
    deployment::Deployments deployments;
    std::shared_ptr<FaultyStore> store;
    std::vector<std::unique_ptr<Peer>> peers;
    std::vector<std::unique_ptr<Plugin>> plugins;
};

TestServer::TestServer(ServerConfig config) : parts_{std::make_unique<Parts>(std::move(config))} {}
TestServer::~TestServer() {
    auto& plugins = parts_->plugins;
    for (auto plugin = plugins.rbegin(); plugin != plugins.rend(); ++plugin) {
        guarded("plugins", "a plugin's stop()", [&] { (*plugin)->stop(); });
    }
    shutDown();
    parts_->deployments.state().cutting.store(true);
    parts_->machine.turnWith([&] { messaging::CarrierLink::cutAll(parts_->deployments.state(), 0); });
    while (!plugins.empty()) plugins.pop_back();  // as they were installed, backwards
}

deployment::Deployments& TestServer::deployments() const noexcept { return parts_->deployments; }

TestServer& TestServer::install(std::unique_ptr<Plugin> plugin) {
    plugin->install(*this);
    plugin->start();
    parts_->plugins.push_back(std::move(plugin));
    return *this;
}

void TestServer::add(std::vector<detail::EndpointModel> models) {
    std::vector<std::string> problems;
    std::vector<deployment::ConfiguredEndpoint> endpoints;
    for (auto& model : models) endpoints.push_back(deployment::configure(std::move(model), parts_->config, problems));
    if (problems.empty()) problems = parts_->deployments.deploy(std::move(endpoints));
    if (!problems.empty()) throw DeploymentError{std::move(problems)};
}

bool TestServer::undeploy(std::string_view path) {
    const bool found = parts_->deployments.undeploy(path);
    settle();
    return found;
}

Peer& TestServer::connect(std::string_view target, ConnectOptions options) {
    if (const auto problem = problemOfEscapes(target); !problem.empty()) throw Refused{400, {}, std::string{problem}};
    HandshakeRequest request;
    request.target = target;
    request.host = kHost;
    request.secure = options.secure;
    request.uri = (options.secure ? "wss://" : "ws://") + request.host + request.target;
    request.headers = std::move(options.headers);
    request.remoteAddress = std::move(options.remoteAddress);
    request.offeredSubprotocols = std::move(options.subprotocols);
    const auto line = std::make_shared<Peer::Line>(parts_->machine);
    const auto verdict = std::make_shared<std::optional<Admission>>();
    parts_->machine.turnWith([&] { admit(std::move(request), [verdict](Admission admission) { verdict->emplace(std::move(admission)); }); });
    if (!*verdict) throw std::logic_error{"connect: a hook has deferred its verdict on this handshake, and nothing that is left to be done gives it"};
    parts_->machine.turnWith([&] {
        Admission admission = std::move(**verdict);
        if (!admission.isAdmitted()) {
            HttpResponse answer = admission.refusal();
            throw Refused{answer.status, std::move(answer.headers), std::move(answer.body)};
        }
        line->headers = admission.headers();
        line->subprotocol = admission.subprotocol();
        line->input = openSession(std::move(admission), std::make_unique<MemoryCarrier>(line));
        if (!line->input.isOpen()) throw Refused{503, {}, "this endpoint is full"};
        parts_->peers.push_back(std::make_unique<Peer>(line));
    });
    return *parts_->peers.back();
}

namespace {

/// Stands for the connection: gives the body at once, and collects the answer.
class Client final : public http::AnswerSink {
public:
    Client(std::shared_ptr<Loop> loop, std::string_view body, bool toHead)
        : answer{std::make_shared<http::Answer>(std::move(loop), *this, toHead)}, body_{body} {}
    ~Client() { answer->end(true); }

    void answerReady() noexcept override {
        for (;;) {
            const auto taken = answer->take([this](const http::Answer::Ready& ready) {
                if (ready.status != 0) response = {ready.status, ready.fields, {}};
                response.body.append(ready.body);
                return ready.body.size();
            });
            if (taken == http::Answer::Taken::All) return answer->end(false);
            if (taken != http::Answer::Taken::Some) return;
        }
    }
    void bodyWanted() noexcept override {
        if (!answer->wantsBody() || std::exchange(given_, true)) return;
        answer->receive(asBytes(body_), true, "a request's body");
    }

    const std::shared_ptr<http::Answer> answer;
    HttpResponse response{0, {}, {}};

private:
    const std::string_view body_;
    bool given_ = false;
};

}  // namespace

HttpResponse TestServer::request(std::string_view method, std::string_view target, std::string_view body,
                                 HeaderFields headers) {
    if (const auto problem = problemOfEscapes(target); !problem.empty()) return {400, {}, std::string{problem}};
    http::Match match = parts_->deployments.find(method, target.substr(0, target.find('?')));
    if (!match.route) return std::move(match.refusal);
    HttpRequest request;
    request.method = method;
    request.target = target;
    request.headers = std::move(headers);
    request.pathParameters = std::move(match.pathParameters);
    Client client{parts_->machine.sharedLoop(), body, method == "HEAD"};
    const bool whole = std::holds_alternative<HttpHandler>(match.route->handler);
    if (whole) request.body = body;
    auto core = std::make_shared<http::ExchangeCore>(std::move(request), body.size(), client.answer);
    if (whole) {
        http::callWhole(*match.route, core);
    } else {
        parts_->machine.turnWith([&] { http::callAsync(match, core, parts_->machine.sharedLoop()); });
    }
    core.reset();
    settle();
    if (client.response.status == 0) throw std::logic_error{"request: the handler has not answered; it waits for time or for another thread"};
    return std::move(client.response);
}

FaultyStore& TestServer::store() noexcept { return *parts_->store; }
void TestServer::advance(std::chrono::nanoseconds time) { parts_->machine.advance(time); }
void TestServer::settle() { parts_->machine.settle(); }

void TestServer::shutDown() {
    parts_->deployments.drain();
    for (const auto& session : parts_->deployments.shut()) {
        session->close(CloseCause::Shutdown, std::nullopt, "server shuts down");
    }
    settle();
}

}  // namespace patchbay::testkit
