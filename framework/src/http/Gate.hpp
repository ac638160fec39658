#pragma once
// Where every connection begins: reads requests on a loop, refuses what is malformed before POCO sees it, finds out who answers, and
// writes the answers.
//
//     Head --head--> [judged] --.--> Body --last piece--> Busy --answer taken--> Head                   (keep-alive)
//       |                |      '--no body--------------> Busy         '--too much waits--> Flushing --> Head
//       |                '--refused: an answer, and what is left of the body is skipped, or the end
//       '--bad, late: an error answer, then the end       Upgrade --101 queued--> the channel is its successor's
//
// An answer may be there before the body is: then the exchange is over when both are. One exchange at a time; what a client sends
// meanwhile waits, at most what one read brings, and nothing more is read.
//
// A slow head or body costs a timer and what has come, never a thread. Clients are late by lack of progress: in a head, between two
// requests, in a body that somebody wants, and in what they are to take.   Source: RFC 9112 §2–§9
//
// Thread: the loop's.

#include "base/AllowedHosts.hpp"
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
#include "transport/Socket.hpp"

#include <boost/intrusive/list.hpp>

#include <chrono>
#include <memory>
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
    std::chrono::milliseconds responseTimeout{30'000};   ///< in which a client takes nothing of what waits for it
    std::size_t maxConnections = 0;                      ///< 0: as many as there are descriptors
    AllowedHosts hosts;                                  ///< empty: any, but on an address of this machine alone its own
    ProxyRules proxies;
};

/// A connection that has just come.
struct Newcomer {
    transport::Socket socket;
    std::string address;      ///< of its peer, or of whom that speaks for
    bool onLoopback = false;  ///< it came to an address of this machine alone
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

    /// Ends the connections on a loop that wait for another request, and soon those that wait for their first; the others
    /// end with their answer.
    static void endIdle(GateState& state, std::size_t loopIndex);

    /// Ends whatever is left on a loop, also coroutines that live on without their connection: none may outlive its server.
    static void endAll(GateState& state, std::size_t loopIndex);

    Gate(std::shared_ptr<GateState> state, transport::Channel::Pointer channel, std::size_t loopIndex, Newcomer newcomer, bool secure);
    ~Gate();

private:
    enum class Stage : std::uint8_t { Head, Body, Busy, Flushing, Ended };
    /// What becomes of a body.
    enum class BodyUse : std::uint8_t { Nothing, Collected, Streamed, Skipped };
    enum class Waiting : std::uint8_t { ForNothing, ForHead, ForNextRequest, ForBody, ForReader };
    class AsyncJob;
    class WorkerJob;
    class UpgradeJob;

    void onBytes(std::span<std::byte> bytes) override;
    void onEnd(std::error_code why) override;
    void onDrained() override;
    void answerReady() noexcept override;
    void bodyWanted() noexcept override;

    // ---- in
    std::size_t consume(std::string_view bytes);
    void advance();
    void afterReading();
    std::size_t readRequest(std::string_view bytes);
    Client whoAsks(const RequestHead& head) const;
    bool mayAskFor(std::string_view host) const;
    void judge(const RequestHead& head, const Client& client);
    void begin(const RequestHead& head, Match match, const Client& client);
    void beginAsync(const Match& match);
    std::size_t readBody(std::string_view bytes);
    bool wantsBody() const noexcept;
    void bodyGoesOn();
    void bodyEnded();
    void sendContinue();
    std::size_t upgrade(const RequestHead& head, const Client& client, std::string_view behind);

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
    void end() noexcept;
    void cut() noexcept;

    // ---- time
    void wait(Waiting what) noexcept;
    void arm(Clock::time_point due);
    void timerFired() noexcept;
    void late() noexcept;
    /// Bytes that the kernel has taken, ever.
    std::uint64_t taken() const noexcept { return given_ - channel_->queuedBytes(); }
    const GateOptions& options() const noexcept;

    std::shared_ptr<GateState> state_;
    transport::ConnectionPlace place_;
    transport::Channel::Pointer channel_;
    std::shared_ptr<Gate> self_;  // while the connection lives
    std::string peer_;
    std::string buffer_;  // what has come and cannot be used yet
    std::size_t scanned_ = 0;
    std::shared_ptr<Answer> answer_;      // of the exchange that is under way
    std::shared_ptr<ExchangeCore> core_;  // until its handler is called
    std::shared_ptr<const void> keep_;    // of the table with route_, likewise
    const Route* route_ = nullptr;
    std::optional<RequestBody> body_;  // what has not been read of it
    std::unique_ptr<BodyMemory> collected_;
    std::uint64_t given_ = 0;  // to the channel
    std::uint64_t mark_ = 0;   // taken(), when it was last seen to grow
    Clock::time_point deadline_ = Clock::time_point::max();
    Clock::time_point armed_ = Clock::time_point::max();
    TimerId timer_ = 0;
    std::uint32_t skipped_ = 0;
    const std::uint16_t loopIndex_;
    const bool secure_;
    const bool onLoopback_;
    const bool isProxy_;  // the peer is one that is trusted
    Framing framing_ = Framing::None;
    AnswerTerms terms_;
    Stage stage_ = Stage::Head;
    BodyUse bodyUse_ = BodyUse::Nothing;
    Waiting waiting_ = Waiting::ForNothing;
    bool keepAlive_ = false;       // another request may follow
    bool served_ = false;          // one request, at least
    bool consuming_ = false;       // consume() is being called
    bool peerEnded_ = false;       // it sends nothing more
    bool continueAwaited_ = false;  // the client sends its body after 100 Continue
    bool answering_ = false;       // the head of an answer has been written, its end has not
    bool async_ = false;           // who answers is on the loop
};

/// What the connections of a server share.   Thread: any.
struct GateState {
    GateState(Site& theSite, HttpHost& theHost, std::vector<std::shared_ptr<Loop>> theLoops, std::shared_ptr<Doorbell> ended,
              GateOptions theOptions)
        : site{theSite},
          host{theHost},
          loops{std::move(theLoops)},
          options{std::move(theOptions)},
          connections{std::move(ended)},
          gates(loops.size()),
          strands(loops.size()),
          scratch(loops.size()) {}

    /// What is used again and again.
    struct Scratch {
        RequestHead head;
        std::string answer;
    };

    Site& site;
    HttpHost& host;
    const std::vector<std::shared_ptr<Loop>> loops;
    const GateOptions options;
    transport::ConnectionCount connections;     ///< those that have a successor among them
    std::vector<Gate::List> gates;              ///< by loop, as the following; each is its loop's alone
    std::vector<ExchangeStrand::List> strands;
    std::vector<Scratch> scratch;
};

}  // namespace patchbay::http
