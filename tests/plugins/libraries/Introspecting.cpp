// A plugin that asks a service of its own who comes, which may never answer, and that bans whom it is told to.
//
//     ?ask=later   is `ann` a moment later        ?ask=throws  defers, then throws
//     ?ask=never   waits for the plugin's end     ?ask=mistaken, ?ask=large  adds a field that is none, or is too large
//     GET /asked, POST /ban/{name}: how many wait, how many sessions that ended

#include <patchbay/executor.hpp>
#include <patchbay/hooks.hpp>
#include <patchbay/http_handlers.hpp>
#include <patchbay/plugin.hpp>
#include <patchbay/users.hpp>

#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

using patchbay::HandshakeCompletion, patchbay::HandshakeRequest, patchbay::HandshakeResponse;

/// Asks on a thread of its own, which hears nothing before its end.
class Service {
public:
    explicit Service(bool answersAtTheEnd) : answersAtTheEnd_{answersAtTheEnd}, thread_{[this] { run(); }} {}
    ~Service() {
        {
            const std::lock_guard guard{lock_};
            ended_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }
    Service(const Service&) = delete;

    void ask(HandshakeCompletion waiting) {
        const std::lock_guard guard{lock_};
        waiting_.push_back(std::move(waiting));
    }
    std::size_t asked() const {
        const std::lock_guard guard{lock_};
        return waiting_.size();
    }
    static HandshakeResponse ann() {
        HandshakeResponse verdict;
        verdict.principal = {.name = "ann", .roles = {"member"}};
        return verdict;
    }

private:
    void run() {
        std::unique_lock guard{lock_};
        changed_.wait(guard, [&] { return ended_; });
        if (!answersAtTheEnd_) return;
        for (const auto& each : waiting_) each.finish(ann());
    }

    const bool answersAtTheEnd_;
    mutable std::mutex lock_;
    std::condition_variable changed_;
    std::vector<HandshakeCompletion> waiting_;
    bool ended_ = false;
    std::thread thread_;
};

class Doorkeeper final : public patchbay::HandshakeInterceptor {
public:
    Doorkeeper(std::shared_ptr<Service> service, patchbay::Executor executor) : service_{std::move(service)}, executor_{std::move(executor)} {}

    void onHandshake(const HandshakeRequest& request, HandshakeResponse& response) override {
        const std::string ask = request.queryParameter("ask");
        if (ask.empty()) return;
        if (ask == "mistaken") return static_cast<void>(response.headers.emplace_back("X-Line", "one\r\ntwo"));
        if (ask == "large") return static_cast<void>(response.headers.emplace_back("X-Large", std::string(70'000, 'x')));
        auto waiting = response.defer();
        if (ask == "throws") throw std::runtime_error{"the service could not be asked"};
        if (ask == "never") return service_->ask(std::move(waiting));
        executor_.post([waiting = std::move(waiting)] { waiting.finish(Service::ann()); });
    }

private:
    const std::shared_ptr<Service> service_;
    const patchbay::Executor executor_;
};

struct IntrospectingConfig {
    bool answersAtTheEnd = false;
};

class Introspecting final : public patchbay::Plugin {
public:
    using Config = IntrospectingConfig;
    explicit Introspecting(Config config) : service_{std::make_shared<Service>(config.answersAtTheEnd)} {}

    void install(patchbay::ServerContainer& server) override {
        server.addInterceptor(std::make_shared<Doorkeeper>(service_, *server.service<patchbay::Executor>()));
        server.handle("GET", "/asked", [service = service_](const auto&, auto& out) { out.write("text/plain", std::to_string(service->asked())); });
        server.handle("POST", "/ban/{name}", [users = server.service<patchbay::Users>()](const patchbay::HttpRequest& request, auto& out) {
            out.write("text/plain", std::to_string(users->close(request.pathParameter("name"), patchbay::CloseCause::Banned)));
        });
    }

private:
    std::shared_ptr<Service> service_;
};

}  // namespace

PATCHBAY_PLUGIN(Introspecting, "introspecting")
