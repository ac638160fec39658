#pragma once
// Where every connection begins: reads requests on a loop, refuses what is malformed before POCO sees it, finds out who answers, and
// writes the answers.
//
//     Head --head--> [judged] --.--> Body --last piece--> Busy --answer taken--> Head                   (keep-alive)
//       |                |      '--no body--------------> Busy         '--too much waits--> Flushing --> Head
//       |                '--refused: an answer, and what is left of the body is skipped, or the end
//       '--bad, late: an error answer, then the end       Upgrade --101 queued--> the channel is its successor's
//                                                            '--its verdict takes time--> Busy --verdict--'
//
// An answer may be there before the body is: then the exchange is over when both are. One exchange at a time; what a client sends
// meanwhile waits, at most what one read brings, and nothing more is read.
//
// A slow head or body costs a timer and what has come, never a thread. Clients are late by lack of progress: in a head, between two
// requests, in a body that somebody wants, and in what they are to take.   Source: RFC 9112 §2–§9
//
// Who has more connections than a server may have is served while others make room: those that are silent, before their first head
// and between two requests, in the order in which they fell silent. Where nobody is, the newcomer hears 503, also a WebSocket, but
// for what is asked of the server's health.
//
// Thread: the loop's.

#include "base/AllowedHosts.hpp"
#include "base/MemoryBudget.hpp"
#include "http/Answer.hpp"
#include "http/AnswerHead.hpp"
#include "http/BodyMemory.hpp"
#include "http/Client.hpp"
#include "http/ExchangeStrand.hpp"
#include "http/HttpHost.hpp"
#include "http/RequestBody.hpp"
#include "http/RequestHead.hpp"
#include "http/Site.hpp"
#include "transport/ConnectionPlace.hpp"
#include "transport/Channel.hpp"
#include "transport/EventLoop.hpp"
#include "transport/OpenSockets.hpp"
#include "transport/Socket.hpp"

#include <boost/intrusive/list.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <vector>

namespace patchbay::http {

struct GateOptions {
    HeadLimits head;
    std::size_t maxBodyBytes = 1_MiB;                    ///< of a request that is handled as a whole
    std::chrono::milliseconds handshakeTimeout{5000};    ///< from the first moment to a whole head
    std::chrono::milliseconds bodyTimeout{30'000};       ///< in which a body makes no progress
    std::chrono::milliseconds keepAliveTimeout{75'000};  ///< between two requests
    /// In which a client takes nothing of what waits for it; in which one is given nothing that sends nothing more, or whose next requests
    /// wait.
    std::chrono::milliseconds responseTimeout{30'000};
    std::size_t maxConnections = SIZE_MAX;               ///< one more makes room, or hears 503
    AllowedHosts hosts;                                  ///< empty: any, but on an address of this machine alone its own
    ProxyRules proxies;
};

/// What a PROXY header said of a connection.
enum class Greeting : std::uint8_t {
    None,      ///< there was none
    OfItself,  ///< the proxy speaks for itself, as when it looks whether we live
    OfClient,  ///< for whom it speaks; `address` is his
};

/// A connection that has just come.
struct Newcomer {
    transport::Socket socket;
    std::string address;      ///< of its peer, or of whom that speaks for
    bool onLoopback = false;  ///< it came to an address of this machine alone
    transport::SocketPlace place{};  ///< among the sockets that are open
    Greeting greeting = Greeting::None;
};

struct GateState;

class Gate final : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>,
                   private transport::Channel::Receiver,
                   private AnswerSink {
public:
    /// Those of one loop.
    using List = boost::intrusive::list<Gate, boost::intrusive::constant_time_size<false>>;
    /// How much of a body that nobody wants is read so that the connection may go on.   Units: bytes.
    static constexpr std::size_t kMostSkipped = 64 * 1024;

    /// Starts a connection on its loop; it lives until it ends or has a successor.
    static void open(std::shared_ptr<GateState> state, transport::EventLoop& loop, std::size_t loopIndex, Newcomer newcomer);

    /// Where a newcomer for whom there is no room finds somebody to make some.   Thread: any.
    static std::size_t loopForSurplus(const GateState& state, std::size_t otherwise) noexcept;

    /// Ends the connection of a loop that has been silent for longest, at once; where none is, soon one of another loop.
    /// Returns: whether it was one of this loop.   Thread: the loop's.
    static bool evictSilent(const std::shared_ptr<GateState>& state, std::size_t loopIndex);

    /// Ends the connections on a loop that wait for another request, and soon those that wait for their first; the others
    /// end with their answer.
    static void endIdle(GateState& state, std::size_t loopIndex);

    /// What a client has the server hold.   Units: bytes.
    std::size_t heldBytes() const noexcept;
    /// Gives that up, and the connection with it: 503 where no answer has begun.
    void shed() noexcept;
    /// The memory is there again: bodies are read on.   Thread: the loop's.
    static void goOn(GateState& state, std::size_t loopIndex);

    /// Ends whatever is left on a loop, also coroutines that live on without their connection: none may outlive its server.
    static void endAll(GateState& state, std::size_t loopIndex);

    Gate(std::shared_ptr<GateState> state, transport::Channel::Pointer channel, std::size_t loopIndex, Newcomer newcomer, bool secure);
    ~Gate();

private:
    enum class Stage : std::uint8_t { Head, Body, Busy, Flushing, Ended };
    /// What becomes of a body.
    enum class BodyUse : std::uint8_t { Nothing, Collected, Streamed, Skipped };
    enum class Waiting : std::uint8_t { ForNothing, ForHead, ForNextRequest, ForBody, ForAnswer };
    friend struct GateState;
    /// The place among those who are silent.
    class Silence : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    public:
        explicit Silence(Gate& theGate) noexcept : gate{theGate} {}
        Gate& gate;
    };
    using SilentOnes = boost::intrusive::list<Silence, boost::intrusive::constant_time_size<false>>;
    /// Whom a newcomer may have ended.
    enum class Evicted : std::uint8_t { Anyone, NoSurplus };
    static bool evictOne(GateState& state, std::size_t loopIndex, Evicted whom);
    enum class Lacking : std::uint8_t { Place, Descriptor };
    static void evictElsewhere(const std::shared_ptr<GateState>& state, Lacking what, std::size_t first, std::size_t next);
    /// What has ended a connection may still use this object. It goes with the turn, for which no memory is needed.
    class Farewell final : public transport::TurnEndTask {
    public:
        explicit Farewell(Gate& gate) noexcept : gate_{gate} {}
        void onTurnEnd() noexcept override { const auto last = std::move(gate_.self_); }

    private:
        Gate& gate_;
    };
    class AsyncJob;
    class WorkerJob;
    class UpgradeJob;
    /// A handshake whose verdict takes time.
    struct Deciding {
        protocol::ServerHandshake handshake;
        std::string target;
        std::shared_ptr<void> awaited;  // nobody waits when it goes
    };

    void onBytes(std::span<std::byte> bytes) override;
    void onEnd(std::error_code why) override;
    void onDrained() override;
    std::chrono::milliseconds sendTimeout() const noexcept override { return options().responseTimeout; }
    void onStalled() override;
    void answerReady() noexcept override;
    void bodyWanted() noexcept override;

    // ---- in
    std::size_t consume(std::string_view bytes);
    void advance();
    void take(std::string_view come);
    void afterReading();
    void awaitAnswer() noexcept;
    /// An allocation whose size a client sets may fail: it costs the connection.
    template <class Call>
    void withMemory(Call call) noexcept {
        try {
            call();
        } catch (const std::bad_alloc&) {
            withoutMemory();
        }
    }
    void withoutMemory() noexcept;
    void writeAnswer();
    std::size_t readRequest(std::string_view bytes);
    Client whoAsks(const RequestHead& head) const;
    bool mayAskFor(std::string_view host) const;
    bool makeRoom() noexcept;
    bool hasRoom() noexcept;
    bool lacksMemoryFor(const RequestHead& head) const noexcept;
    void judge(const RequestHead& head, const Client& client, bool lacksMemory);
    void begin(const RequestHead& head, Match match, const Client& client);
    void beginAsync(const Match& match);
    std::size_t readBody(std::string_view bytes);
    bool wantsBody() const noexcept;
    void bodyGoesOn();
    void bodyEnded();
    void sendContinue();
    std::size_t upgrade(const RequestHead& head, const Client& client, std::string_view behind);
    void decided(Upgrade upgrade);
    void agree(Upgrade&& agreed, const protocol::ServerHandshake& handshake, std::string_view target, std::string_view behind);

    // ---- out
    std::size_t writePart(const Answer::Ready& ready);
    void give(Bytes head, Bytes payload);
    void answered();
    bool bodyMayBeSkipped() const noexcept;
    void next();
    void refuseBody(HttpResponse response);
    void refuse(int status, std::string_view problem);
    void refuse(HttpResponse response);
    void refuseHost(std::string_view host);
    void refuseBeyond(int status, const std::string& problem);
    void sendWhole(HttpResponse response);

    // ---- the end
    void leave() noexcept;
    void endSilence() noexcept;
    void end() noexcept;
    void cut() noexcept;

    // ---- time
    void wait(Waiting what) noexcept;
    void setSilent(bool silent) noexcept;
    void arm(Clock::time_point due) noexcept;
    void timerFired() noexcept;
    void late() noexcept;
    const GateOptions& options() const noexcept;

    std::shared_ptr<GateState> state_;
    transport::ConnectionPlace place_;
    transport::Channel::Pointer channel_;
    std::shared_ptr<Gate> self_;  // while the connection lives, and until the turn has ended in which it ended
    Farewell farewell_{*this};
    std::string peer_;
    std::string buffer_;  // what has come and cannot be used yet
    HeldBytes<Held::Bodies> held_;  // of that
    std::size_t scanned_ = 0;
    std::shared_ptr<Answer> answer_;      // of the exchange that is under way
    std::shared_ptr<ExchangeCore> core_;  // until its handler is called
    std::shared_ptr<const void> keep_;    // of the table with route_, likewise
    const Route* route_ = nullptr;
    std::optional<RequestBody> body_;  // what has not been read of it
    std::unique_ptr<BodyMemory> collected_;
    std::unique_ptr<Deciding> deciding_;  // a handshake whose verdict takes time
    Silence silence_{*this};  // linked while it is waited for, and has nothing to be given
    Clock::time_point deadline_ = Clock::time_point::max();
    Clock::time_point armed_ = Clock::time_point::max();
    TimerId timer_ = 0;
    std::uint32_t skipped_ = 0;
    const std::uint16_t loopIndex_;
    const bool secure_;
    const bool toLoopback_;
    const bool isProxy_;  // the peer is one that is trusted
    Framing framing_ = Framing::None;
    AnswerTerms terms_;
    Stage stage_ = Stage::Head;
    BodyUse bodyUse_ = BodyUse::Nothing;
    Waiting waiting_ = Waiting::ForNothing;
    bool keepAlive_ = false;       // another request may follow
    bool served_ = false;          // one request, at least
    bool watched_ = false;         // the site counts it among those that have asked for nothing
    bool surplus_ = false;         // the server had all the connections it may have
    bool consuming_ = false;       // consume() is being called
    bool peerEnded_ = false;       // it sends nothing more
    bool continueAwaited_ = false;  // the client sends its body after 100 Continue
    bool answering_ = false;       // the head of an answer has been written, its end has not
    bool lost_ = false;            // there was no memory for some of an answer
    bool async_ = false;           // who answers is on the loop
    bool handingOver_ = false;     // what has been read is wanted, whoever is next
};

/// What the connections of a server share.   Thread: any.
struct GateState {
    GateState(Site& theSite, HttpHost& theHost, std::vector<std::shared_ptr<Loop>> theLoops, std::shared_ptr<Doorbell> ended,
              GateOptions theOptions)
        : site{theSite},
          host{theHost},
          loops{std::move(theLoops)},
          options{std::move(theOptions)},
          connections{ended},
          latecomers{std::move(ended)},
          gates(loops.size()),
          silent(loops.size()),
          silentCounts(loops.size()),
          strands(loops.size()),
          scratch(loops.size()) {}

    /// Of a connection that comes now.
    static transport::ConnectionPlace place(const std::shared_ptr<GateState>& state) {
        auto& count = state->site.isStopping() ? state->latecomers : state->connections;
        return transport::ConnectionPlace{std::shared_ptr<transport::ConnectionCount>{state, &count}};
    }

    /// Whether there are more connections than a server may have.   Thread: any.
    bool isOverTheLimit() const noexcept;

    /// What is used again and again.
    struct Scratch {
        RequestHead head;
        std::string answer;
        std::string host;                     ///< the last that was found to be one of this server's for good
        Gate::UpgradeJob* judging = nullptr;  ///< within its call; a verdict that comes later finds none
    };

    Site& site;
    HttpHost& host;
    const std::vector<std::shared_ptr<Loop>> loops;
    const GateOptions options;
    transport::ConnectionCount connections;     ///< those that have a successor among them
    transport::ConnectionCount latecomers;      ///< who comes while the server stops
    std::vector<Gate::List> gates;              ///< by loop, as the following; each is its loop's alone
    std::vector<Gate::SilentOnes> silent;       ///< the first has been so for longest
    std::vector<std::atomic<std::int32_t>> silentCounts;
    std::vector<ExchangeStrand::List> strands;
    std::vector<Scratch> scratch;
    std::atomic<bool> isShort{false};           ///< of memory: no newcomers, and nothing is read of bodies
};

}  // namespace patchbay::http
