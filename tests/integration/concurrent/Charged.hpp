#pragma once
// A server that calls the test from wherever a server calls a user's code: every handler, hook, ticker, destructor, plugin.

#include "integration/Probe.hpp"

#include <patchbay/executor.hpp>
#include <patchbay/hooks.hpp>
#include <patchbay/plugin.hpp>

#include <functional>
#include <future>
#include <mutex>

namespace patchbay::test {

using std::chrono::milliseconds, std::chrono::seconds;

/// What the places of a server call, once each time it is loaded.
class Charge {
public:
    void load(std::string place, std::function<void()> call) {
        const std::lock_guard guard{lock_};
        place_ = std::move(place);
        call_ = std::move(call);
    }
    void fire(std::string_view place) {
        std::function<void()> call;
        {
            const std::lock_guard guard{lock_};
            if (place != place_) return;
            call = std::exchange(call_, {});
        }
        if (call) call();
    }

    bool isSpent() {
        const std::lock_guard guard{lock_};
        return !call_;
    }

private:
    std::mutex lock_;
    std::string place_;
    std::function<void()> call_;
};

class Everywhere {
    SERVER_ENDPOINT(Everywhere, "/everywhere")
public:
    Everywhere(Charge& charge, Executor& executor) : charge_{charge}, executor_{executor} { charge_.fire("constructor"); }
    ~Everywhere() { charge_.fire("destructor"); }
    Everywhere(const Everywhere&) = delete;

    ON_OPEN(opened)
    void opened(Session session) {
        charge_.fire("open handler");
        session.post([&charge = charge_] { charge.fire("task"); });
        session.after(milliseconds{0}, [&charge = charge_] { charge.fire("timer"); });
    }
    ON_MESSAGE(said)
    void said(std::string_view) {
        charge_.fire("message handler");
        executor_.post([&charge = charge_] { charge.fire("executor task"); });
        throw std::runtime_error{"for the error handler"};
    }
    ON_CLOSE(closed)
    void closed() { charge_.fire("close handler"); }
    ON_ERROR(failed)
    void failed(const std::exception&) { charge_.fire("error handler"); }

private:
    Charge& charge_;
    Executor& executor_;
};

class Hooks final : public HandshakeInterceptor, public SessionListener, public MessageInterceptor {
public:
    explicit Hooks(std::shared_ptr<Charge> charge) : charge_{std::move(charge)} {}
    void onHandshake(const HandshakeRequest&, HandshakeResponse&) override { charge_->fire("handshake interceptor"); }
    void opened(const Session&) override { charge_->fire("listener opened"); }
    void closed(const Session&, const CloseReason&) override { charge_->fire("listener closed"); }
    Verdict received(const Session&, InterceptedMessage&) override {
        charge_->fire("message interceptor");
        return Verdict::Pass;
    }

private:
    const std::shared_ptr<Charge> charge_;
};

class ChargedPlugin final : public Plugin {
public:
    explicit ChargedPlugin(std::shared_ptr<Charge> charge) : charge_{std::move(charge)} {}
    void install(ServerContainer&) override { charge_->fire("plugin install"); }
    void start() override { charge_->fire("plugin start"); }
    void stop() override { charge_->fire("plugin stop"); }

private:
    const std::shared_ptr<Charge> charge_;
};

/// A server whose every place fires the charge.
class Charged {
public:
    explicit Charged(ServerConfig config = quickConfig()) : server{std::move(config)} {
        server->provide(charge);
        const auto hooks = std::make_shared<Hooks>(charge);
        server->addInterceptor(std::static_pointer_cast<HandshakeInterceptor>(hooks));
        server->addInterceptor(std::static_pointer_cast<MessageInterceptor>(hooks));
        server->addListener(hooks);
        server->install(std::make_unique<ChargedPlugin>(charge));
        server->everyOnEachLoop(milliseconds{1}, [charge = charge](auto) { charge->fire("ticker"); });
        server->handle("GET", "/fire", [charge = charge](const HttpRequest&, HttpResponse&) { charge->fire("HTTP handler"); });
        server->deploy<Everywhere>();
    }
    /// Goes through every place that a client reaches, until the charge has been fired.
    void visit() {
        EXPECT_TRUE(eventually([&] {
            if (!charge->isSpent()) visitOnce();
            return charge->isSpent();
        }));
    }

    std::shared_ptr<Charge> charge = std::make_shared<Charge>();
    TestServer server;

private:
    /// Whatever the server does with it meanwhile is no matter.
    void visitOnce() {
        try {
            RawSocket http{server->port()};
            http.send("GET /fire HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
            http.readToEnd();
            RawWebSocket socket = server.connect("/everywhere");
            socket.text("x");
            socket.close(1000);
            socket.socket().readToEnd();
        } catch (const std::exception&) {
            return;
        }
    }
};

/// What stop() says there.
inline std::string wordsOfStop(Server& server) {
    try {
        return server.stop() ? "true" : "false";
    } catch (const StopFromWithin& refused) {
        return refused.what();
    }
}

/// run() on a thread of its own.
class Running {
public:
    explicit Running(Server& server, std::function<void()> stopping = {})
        : server_{server}, code_{std::async(std::launch::async, [this, &server, stopping] {
              return server.run([this] { ready_.set_value(); }, stopping);
          })} {}
    ~Running() {
        if (code_.valid()) server_.requestStop();
    }
    void waitUntilReady() {
        if (ready_.get_future().wait_for(kPatience) != std::future_status::ready) throw std::runtime_error{"it never listened"};
    }
    /// Its exit code.
    int end() {
        if (code_.wait_for(kPatience) != std::future_status::ready) throw std::runtime_error{"run() does not return"};
        return code_.get();
    }

private:
    Server& server_;
    std::promise<void> ready_;
    std::future<int> code_;
};

}  // namespace patchbay::test
