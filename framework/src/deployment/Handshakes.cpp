// Who may connect: the part of Deployments that judges handshakes.

#include "deployment/Deferral.hpp"
#include "deployment/Deployments.hpp"

#include "base/Guarded.hpp"
#include "base/Log.hpp"
#include "base/Utf8.hpp"
#include "wire/Objects.hpp"

#include <algorithm>
#include <utility>

namespace patchbay::deployment {
namespace {

HandshakeResponse::Rejection refusal(int status, std::string text, HeaderFields headers = {}) {
    return {status, std::move(headers), std::move(text)};
}

std::string_view pathOf(std::string_view target) { return target.substr(0, target.find('?')); }

/// True where a proxy in between may have left out the port of what its client asked for.
bool hidesThePort(std::string_view host, std::string_view origin) {
    return !host.empty() && origin.find("://" + std::string{host} + ':') != std::string_view::npos;
}

std::optional<HandshakeResponse::Rejection> checkRoles(const Principal& principal, const EndpointConfig& config) {
    if (principal.hasOneOf(config.roles)) return std::nullopt;
    if (!principal.isSomebody()) return refusal(401, "this endpoint needs a signed-in user\n", {{"WWW-Authenticate", "Bearer"}});
    return refusal(403, "this endpoint needs a role that you do not have\n");
}

/// The application's: of ours its configurator hears nothing.
void agreeOnSubprotocol(Configurator& configurator, const EndpointConfig& config, const std::vector<std::string>& offered, messaging::SessionStart& start) {
    start.isWire = std::ranges::find(offered, wire::kName) != offered.end();
    if (!start.isWire) {
        start.subprotocol = configurator.negotiatedSubprotocol(config, offered);
        return;
    }
    std::vector<std::string> others = offered;
    std::erase(others, wire::kName);
    start.subprotocol = configurator.negotiatedSubprotocol(config, others);
}

}  // namespace

HttpResponse refusalOf(const Admission& admission) {
    HttpResponse answer{admission.rejection->status, admission.headers, admission.rejection->body};
    answer.headers.insert(answer.headers.end(), admission.rejection->headers.begin(), admission.rejection->headers.end());
    return answer;
}

// ------------------------------------------------------------------------------------------------ one that is being judged

class Judging {
public:
    Judging(Deployments& theDeployments, HandshakeRequest&& theRequest, std::shared_ptr<Loop> theLoop, Admitted&& theDone)
        : deployments{theDeployments}, request{std::move(theRequest)}, loop{std::move(theLoop)}, done{std::move(theDone)} {}

    void reject(HandshakeResponse::Rejection why) { admission.rejection = std::move(why); }
    /// What a hook has found out meanwhile.
    void add(HandshakeResponse verdict);
    void decide() {
        if (deferral) deferral->cancel();
        if (const auto call = std::exchange(done, nullptr)) call(std::move(admission));
    }
    /// It is no longer waited for.   Thread: the loop's.
    void endWait() noexcept {
        if (timer != 0) loop->cancel(std::exchange(timer, 0));
        if (deferral) deferral->cancel();
        if (std::exchange(counted, false)) deployments.pendingHandshakes_.fetch_sub(1);
    }
    void abandon() noexcept {
        done = nullptr;
        endWait();
    }

    Deployments& deployments;
    HandshakeRequest request;
    const std::shared_ptr<Loop> loop;
    Admitted done;
    Admission admission;
    HandshakeResponse response;
    std::vector<std::string> path;  // the values of the template's variables
    std::size_t nextHook = 0;       // behind the interceptors comes the configurator
    std::shared_ptr<Deferral> deferral;
    TimerId timer = 0;
    bool counted = false;
};

void Judging::add(HandshakeResponse verdict) {
    const auto& rejected = verdict.rejection();
    if (rejected) return response.reject(rejected->status, rejected->headers, rejected->body);
    response.headers.insert(response.headers.end(), verdict.headers.begin(), verdict.headers.end());
    if (verdict.principal.isSomebody()) response.principal = std::move(verdict.principal);
    if (verdict.authenticateWithin) response.authenticateWithin = verdict.authenticateWithin;
    for (auto& [name, value] : verdict.properties) response.properties.insert_or_assign(name, std::move(value));
}

AwaitedAdmission::~AwaitedAdmission() { judging_->abandon(); }

std::unique_ptr<AwaitedAdmission> Deployments::admit(HandshakeRequest request, std::size_t loopIndex, Admitted done) {
    Judging atOnce{*this, std::move(request), state_->loops[loopIndex], std::move(done)};  // as most are
    if (judge(atOnce)) return nullptr;
    auto judging = std::make_shared<Judging>(std::move(atOnce));
    auto awaited = std::make_unique<AwaitedAdmission>(judging);
    return waitFor(judging) ? nullptr : std::move(awaited);
}

Admission Deployments::admitNow(HandshakeRequest request) {
    Admission verdict;
    Judging judging{*this, std::move(request), state_->loops.front(), [&](Admission&& admission) { verdict = std::move(admission); }};
    if (judge(judging)) return verdict;
    log::warning(judging.admission.endpoint->config.path,
                 "a hook defers its verdict on a handshake of a carrier that does not wait; call admit(request, done) there");
    judging.reject(refusal(503, "the server could not decide at once\n"));
    judging.decide();
    return verdict;
}

void Deployments::admitAndKeep(HandshakeRequest request, Admitted done) {
    const std::size_t loopIndex = state_->chooseLoop();
    const auto& loop = state_->loops[loopIndex];
    if (!loop->isHere()) {
        loop->post([this, request = std::move(request), done = std::move(done)]() mutable { admitAndKeep(std::move(request), std::move(done)); });
        return;
    }
    std::unique_lock guard{lock_};
    const auto place = awaited_.insert(awaited_.end(), nullptr);
    guard.unlock();
    auto awaited = admit(std::move(request), loopIndex, [this, place, done = std::move(done)](Admission&& admission) {
        std::unique_lock inside{lock_};
        const auto over = std::move(*place);
        awaited_.erase(place);
        inside.unlock();
        done(std::move(admission));
    });
    if (!awaited) return;
    guard.lock();
    *place = std::move(awaited);
}

/// From where it is to its end, or to a hook that takes its time: then false.
bool Deployments::judge(Judging& it) {
    const detail::Labelled labelled{detail::runningHere(), "a handshake"};
    bool waits = false;
    const auto thrown = thrownBy([&] {
        if (!it.admission.endpoint) begin(it);
        if (it.admission.rejection) return;
        waits = !ask(it);
        if (!waits) conclude(it);
    });
    if (thrown) {
        const std::string_view source = it.admission.endpoint ? std::string_view{it.admission.endpoint->config.path} : "handshakes";
        log::error(source, "the handshake failed: " + *thrown);
        if (it.response.deferral_) it.response.deferral_->cancel();
        it.reject(refusal(500, "the server could not complete the handshake\n"));
    }
    if (waits) return false;
    it.decide();
    return true;
}

void Deployments::begin(Judging& it) {
    const HandshakeRequest& request = it.request;
    if (isDraining()) return it.reject(refusal(503, "the server is shutting down\n", {{"Retry-After", "5"}}));
    const auto current = table();
    auto match = current->endpointPaths.match(pathOf(request.target));
    if (!match) return it.reject(refusal(404, "there is no WebSocket endpoint at this path\n"));
    it.path = std::move(match->values);
    it.admission.endpoint = current->endpoints[match->target];
    auto& endpoint = *it.admission.endpoint;
    Configurator& configurator = *endpoint.configurator;

    const std::string_view origin = request.header("Origin");
    if (!origin.empty() && !configurator.checkOrigin(request, endpoint.config, origin)) {
        log::info(endpoint.config.path, "refused a handshake from origin " + std::string{origin} + " to the host " + request.host +
                                            "; add it to the endpoint's origins if it belongs to you" +
                                            (hidesThePort(request.host, origin) ? ", or your proxy to server.trustedProxies" : ""));
        return it.reject(refusal(403, "this origin may not connect\n"));
    }
    agreeOnSubprotocol(configurator, endpoint.config, request.offeredSubprotocols, it.admission.start);
    agreeOnExtension(request, it.admission);
}

/// Asks the hooks, from the next on. False when one has deferred its verdict.
bool Deployments::ask(Judging& it) {
    const auto& interceptors = state_->handshakeInterceptors;
    while (!it.response.rejection() && it.nextHook <= interceptors.size()) {
        const std::size_t hook = it.nextHook++;
        if (hook < interceptors.size())
            interceptors[hook]->onHandshake(it.request, it.response);
        else
            it.admission.endpoint->configurator->modifyHandshake(it.request, it.response);
        it.deferral = std::move(it.response.deferral_);
        if (it.deferral && !it.response.rejection()) return false;
    }
    return true;
}

/// Asks the interceptors about who that is. False when one refuses it.
bool Deployments::askOnceMore(Judging& it) {
    for (const auto& interceptor : state_->handshakeInterceptors) {
        auto refused = interceptor->onIdentified(it.request, it.response);
        if (!refused) continue;
        it.response.reject(refused->status, std::move(refused->headers), std::move(refused->body));
        it.reject(*it.response.rejection());
        return false;
    }
    return true;
}

/// For the verdict of a hook; the rest is the loop's. False where it has not come yet.
bool Deployments::waitFor(const std::shared_ptr<Judging>& judging) {
    Judging& it = *judging;
    it.counted = true;
    if (pendingHandshakes_.fetch_add(1) >= state_->pendingHandshakes) {
        it.reject(refusal(503, "too many handshakes wait to be decided\n", {{"Retry-After", "5"}}));
        it.endWait();
        it.decide();
        return true;
    }
    if (!it.loop->isHere()) {
        it.loop->post([this, judging] { resumed(judging); });
        return false;
    }
    resumed(judging);
    return !it.done;
}

/// Goes on if the verdict is there, and sees to it that somebody does when it comes.
void Deployments::resumed(const std::shared_ptr<Judging>& judging) {
    Judging& it = *judging;
    if (!it.done) return;
    if (it.deferral->await(it.loop, [this, judging] { resumed(judging); })) {
        const auto time = it.admission.endpoint->config.limits.handshakeTimeout;
        if (time.count() > 0 && it.timer == 0) {
            it.timer = it.loop->after(onClock(time), [judging] {
                judging->timer = 0;
                judging->endWait();
                judging->reject(refusal(503, "the server did not decide in time\n", {{"Retry-After", "5"}}));
                judging->decide();
            });
        }
        return;
    }
    it.endWait();
    it.add(it.deferral->take());
    it.deferral.reset();
    if (!judge(it)) waitFor(judging);
}

void Deployments::conclude(Judging& it) {
    auto& endpoint = *it.admission.endpoint;
    HandshakeResponse& response = it.response;
    it.admission.headers = std::move(response.headers);
    if (response.rejection()) return it.reject(*response.rejection());
    if (isDraining()) return it.reject(refusal(503, "the server is shutting down\n", {{"Retry-After", "5"}}));
    if (!isUtf8(asBytes(response.principal.name)) || !isUtf8(asBytes(response.principal.displayName))) {
        return it.reject(refusal(400, "the name of this user is not UTF-8\n"));
    }
    if (response.principal.expires && *response.principal.expires <= it.loop->timeOfDay()) {
        return it.reject(refusal(401, "these credentials have expired\n", {{"WWW-Authenticate", "Bearer error=\"invalid_token\""}}));
    }
    auto missing = checkRoles(response.principal, endpoint.config);
    const bool mayStillSay = missing && missing->status == 401 && response.authenticateWithin;
    if (missing && !mayStillSay) return it.reject(std::move(*missing));
    const std::size_t most = endpoint.config.limits.maxSessions;
    if (most != 0 && endpoint.sessionCount() >= most) {
        return it.reject(refusal(503, "this endpoint is full\n", {{"Retry-After", "5"}}));
    }
    if (!mayStillSay) response.authenticateWithin.reset();
    if (!askOnceMore(it)) return;
    auto instance = endpoint.configurator->endpointInstance(it.request);
    const auto& model = endpoint.code->model;
    if (!instance && !model.asksForSession) {
        try {
            instance = model.construct(endpoint.services, {.session = {}, .path = it.path});
        } catch (const detail::BadPathVariable& error) {
            return it.reject(refusal(400, std::string{error.what()} + '\n'));
        }
    }
    auto& start = it.admission.start;  // what was agreed on stands there
    start.uri = std::move(it.request.uri);
    start.remoteAddress = std::move(it.request.remoteAddress);
    start.secure = it.request.secure;
    start.path = std::move(it.path);
    start.principal = std::move(response.principal);
    start.authenticateWithin = response.authenticateWithin;
    start.properties = std::move(response.properties);
    start.instance = std::move(instance);
}

void Deployments::agreeOnExtension(const HandshakeRequest& request, Admission& admission) {
    const auto& endpoint = *admission.endpoint;
    for (const ExtensionTerms& offer : endpoint.configurator->negotiatedExtensions(endpoint.config, request.offeredExtensions)) {
        for (const auto& factory : extensions_) {
            if (factory->name() != offer.name) continue;
            auto agreed = factory->accept(offer);
            if (!agreed) continue;
            admission.extension = {factory.object.get(), std::move(agreed->extension)};
            admission.start.extensions = {std::move(agreed->answer)};
            return;
        }
    }
}

}  // namespace patchbay::deployment
