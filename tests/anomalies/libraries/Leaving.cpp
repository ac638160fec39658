// A library that has something going on in each of its sessions when its server goes.

#include "anomalies/Leaving.hpp"

#include <patchbay/annotations.hpp>
#include <patchbay/plugin.hpp>

namespace {

using namespace std::chrono_literals;
using patchbay::Session, patchbay::Topics, patchbay::test::Witness;

struct Word {
    std::string word;
};

/// Tells of its end: its destructor is code of this library's.
class Trace {
public:
    Trace(Witness& witness, std::string name) : told_{std::make_shared<Told>(witness, std::move(name))} {}

private:
    struct Told {
        Told(Witness& theWitness, std::string theName) : witness{theWitness}, name{std::move(theName)} {}
        Told(const Told&) = delete;
        ~Told() { witness.tell(name + " destroyed"); }
        Witness& witness;
        std::string name;
    };
    std::shared_ptr<Told> told_;
};

/// A task that posts itself again.
struct Again {
    Session session;
    Trace trace;
    void operator()() { session.post(Again{session, trace}); }
};

/// A text names what goes on from then on.
class Leaving {
    SERVER_ENDPOINT(Leaving, "/leaving")
public:
    Leaving(Witness& witness, std::shared_ptr<Topics> topics) : witness_{witness}, topics_{std::move(topics)} {}
    ~Leaving() { witness_.tell("instance destroyed"); }

    ON_OPEN(opened)
    void opened(Session session) {
        session.subscribe("t");
        witness_.keep(session, topics_);
    }
    ON_MESSAGE(said)
    std::string_view said(Session session, std::string_view what) {
        if (what == "send") tick(session, [session] { session.send(Word{"tick"}); });
        if (what == "publish") tick(session, [topics = topics_] { topics->publish("t", Word{"tick"}); });
        if (what == "subscribe" || what == "unsubscribe") {
            tick(session, [session] {
                session.unsubscribe("u");
                session.subscribe("u");
            });
        }
        if (what == "post") Again{session, Trace{witness_, "task"}}();
        if (what == "timer") {
            witness_.keep(session.after(1h, [trace = Trace{witness_, "task"}] {}));
            witness_.keep(session.every(1ms, [trace = Trace{witness_, "task"}] {}));
        }
        if (what == "property") session.setProperty("of the library", Trace{witness_, "property"});
        if (what == "keep") {
            witness_.keep(
                patchbay::Task{[trace = Trace{witness_, "kept"}, &witness = witness_] { witness.tell("kept ran"); }});
        }
        return "ready";
    }
    ON_CLOSE(closed)
    void closed() { witness_.tell("closed"); }

private:
    template <class Do>
    void tick(const Session& session, Do what) {
        session.every(1ms, [what, trace = Trace{witness_, "task"}] { what(); });
    }
    Witness& witness_;
    const std::shared_ptr<Topics> topics_;
};

/// Hooks that have their code here, in every session.
class Hooks final : public patchbay::SessionListener, public patchbay::MessageInterceptor {
public:
    void opened(const Session& session) override { session.setProperty("stamp", 1); }
    void closed(const Session&, const patchbay::CloseReason&) override {}
    Verdict sending(const Session&, patchbay::InterceptedMessage&) override { return Verdict::Pass; }
    Verdict publishing(std::string_view, patchbay::InterceptedMessage&) override { return Verdict::Pass; }
};

class LeavingPlugin final : public patchbay::Plugin {
public:
    void install(patchbay::ServerContainer& server) override {
        server.deployRegistered();
        const auto hooks = std::make_shared<Hooks>();
        server.addListener(hooks);
        server.addInterceptor(std::static_pointer_cast<patchbay::MessageInterceptor>(hooks));
        server.every(1ms, [&server] { server.globalTopics().publish("all", "tick"); });
        server.everyOnEachLoop(1ms, [&server](auto) { server.globalTopics().publish("all", "tick"); });
    }
};

}  // namespace

PATCHBAY_PLUGIN(LeavingPlugin, LIBRARY_NAME)
