// A plugin that uses whatever one may: keys of its own, services, hooks, an endpoint, pages.

#include "plugins/Shared.hpp"

#include <patchbay/annotations.hpp>
#include <patchbay/async.hpp>
#include <patchbay/http_exchange.hpp>
#include <patchbay/plugin.hpp>

#include <stdexcept>

namespace {

using patchbay::test::Notes;

struct GreetingConfig {
    std::string text = "hello";
    std::chrono::milliseconds patience{250};
    patchbay::Size most{1024};
    bool failInstall = false;
    bool failStart = false;
};

class Greeter {
    SERVER_ENDPOINT(Greeter, "/greeter")
public:
    explicit Greeter(Notes& notes) : notes_{notes} {}
    ON_MESSAGE(greet)
    std::string greet(std::string_view name) {
        notes_.add("greeted " + std::string{name});
        return "hello, " + std::string{name};
    }

private:
    Notes& notes_;
};

class Listener : public patchbay::SessionListener {
public:
    explicit Listener(std::shared_ptr<Notes> notes) : notes_{std::move(notes)} {}
    void opened(const patchbay::Session&) override { notes_->add("opened"); }
    void closed(const patchbay::Session&, const patchbay::CloseReason&) override { notes_->add("closed"); }

private:
    std::shared_ptr<Notes> notes_;
};

class Greeting : public patchbay::Plugin {
public:
    using Config = GreetingConfig;
    explicit Greeting(Config config) : config_{std::move(config)} {
        if (config_.text.empty()) throw std::invalid_argument{"text: nobody is greeted with nothing"};
    }
    ~Greeting() override {
        if (notes_) notes_->add("destroyed");
    }

    void install(patchbay::ServerContainer& server) override {
        if (config_.failInstall) throw std::runtime_error{"the installation was told to fail"};
        notes_ = server.service<Notes>();
        notes_->add("installed " + config_.text);
        server.addListener(std::make_shared<Listener>(notes_));
        server.handle("GET", "/greeting", [text = config_.text](const auto&, auto& out) { out.write("text/plain", text); });
        server.handleAsync("GET", "/greeting/tomorrow", [notes = notes_](patchbay::HttpExchange exchange) -> patchbay::Async<void> {
            return tomorrow(notes, std::move(exchange));
        });
        server.deployRegistered();
    }
    void start() override {
        if (config_.failStart) throw std::runtime_error{"the start was told to fail"};
        notes_->add("started");
    }
    void stop() override { notes_->add("stopped"); }

private:
    static patchbay::Async<void> tomorrow(std::shared_ptr<Notes> notes, patchbay::HttpExchange exchange) {
        notes->add("asked");
        co_await patchbay::sleepFor(std::chrono::milliseconds::max());  // the end of the clock
        exchange.respond({200, {}, "good morning"});
    }

    Config config_;
    std::shared_ptr<Notes> notes_;
};

}  // namespace

PATCHBAY_PLUGIN(Greeting, "greeting", .version = "1.2.3")
