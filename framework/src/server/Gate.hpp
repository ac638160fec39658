#pragma once
// Where every connection begins: reads requests on a loop, refuses what is malformed before POCO sees it, hands a whole
// request on and sends the answer.
//
//     Head --whole head--> Body --whole body--> Busy --answer queued--> Answering --written--> Head     (keep-alive)
//       |                                         '--101 queued--> the channel belongs to a WebSocketCarrier
//       '--bad, late: an error answer, then the end
//
// A slow head or body costs a timer and a buffer, never a thread; while a request is Busy nothing more is read. One
// answer at a time is queued.   Source: RFC 9112 §2–§9

#include "transport/ConnectionPlace.hpp"
#include "server/HttpHost.hpp"
#include "http/RequestHead.hpp"
#include "websocket/WebSocketCarrier.hpp"
#include "transport/SocketChannel.hpp"

#include <boost/intrusive/list.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace patchbay::server {

using deployment::Deployments;
using http::HeadLimits, http::RequestHead;
using transport::ConnectionCount, transport::ConnectionPlace;
using websocket::WebSocketCarrier;

struct GateOptions {
    HeadLimits head;
    std::size_t maxBodyBytes = 1_MiB;
    std::chrono::milliseconds handshakeTimeout{5000};   ///< from the first moment to a whole head
    std::chrono::milliseconds bodyTimeout{30'000};      ///< from the head to the whole body
    std::chrono::milliseconds keepAliveTimeout{15'000};  ///< between two requests
    std::chrono::milliseconds responseTimeout{30'000};  ///< for a client to take an answer
    std::size_t maxConnections = 0;                     ///< 0: as many as there are descriptors
};

struct GateState;

class Gate final : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>,
                   private transport::SocketChannel::Receiver {
public:
    /// Those of one loop.   Thread: the loop's.
    using List = boost::intrusive::list<Gate, boost::intrusive::constant_time_size<false>>;

    /// Starts a connection on its loop; it lives until it ends or becomes a WebSocket.   Thread: the loop's.
    static void open(std::shared_ptr<GateState> state, transport::EventLoop& loop, std::size_t loopIndex,
                     transport::Socket socket, std::string remoteAddress);

    /// Ends the connections on a loop that wait for another request, and soon those that wait for their first; the others
    /// end with their answer.   Thread: the loop's.
    static void endIdle(GateState& state, std::size_t loopIndex);

    /// Ends whatever is left on a loop, WebSockets too: none may outlive its server.   Thread: the loop's.
    static void endAll(GateState& state, std::size_t loopIndex);

    Gate(std::shared_ptr<GateState> state, transport::SocketChannel::Pointer channel, std::size_t loopIndex,
         std::string remoteAddress);
    ~Gate();

private:
    enum class Stage : std::uint8_t { Head, Body, Busy, Answering, Ended };

    void onBytes(std::span<std::byte> bytes) override;
    void onEnd(std::error_code why) override;
    void onDrained() override;

    void advance();
    bool readRequestHead();
    std::size_t requestBytes() const noexcept;
    void run();
    void answered(Exchange& exchange);
    void upgrade(Exchange::Upgrade& upgrade);
    void refuse(int status, const std::string& problem);
    void leave() noexcept;
    void end() noexcept;
    struct Lateness;
    void waitAtMost(std::chrono::milliseconds time, const Lateness& orElse);
    void waitedEnough(const Lateness& lateness) noexcept;

    std::shared_ptr<GateState> state_;
    ConnectionPlace place_;
    transport::SocketChannel::Pointer channel_;
    std::shared_ptr<Gate> self_;  // while the connection lives
    std::size_t loopIndex_;
    std::string remoteAddress_;
    std::string buffer_;  // what has come; while a request is Busy its handler looks into it
    std::size_t scanned_ = 0;
    RequestHead head_;
    Stage stage_ = Stage::Head;
    bool keepAlive_ = false;
    TimerId timer_ = 0;
};

/// What the connections of a server share.   Thread: any.
struct GateState {
    GateState(Deployments& theDeployments, HttpHost& theHost, GateOptions theOptions)
        : deployments{theDeployments},
          host{theHost},
          options{theOptions},
          connections{theDeployments.state().ended},
          gates(theDeployments.state().loops.size()),
          carriers(gates.size()) {}

    Deployments& deployments;
    HttpHost& host;
    const GateOptions options;
    ConnectionCount connections;                   ///< WebSockets among them
    std::vector<Gate::List> gates;                 ///< by loop; each is its loop's alone
    std::vector<WebSocketCarrier::List> carriers;  ///< likewise
};

}  // namespace patchbay::server
