#pragma once
// Connections of one loop that wait for what their proxy says of them (ProxyHeader.hpp). No byte behind the header is taken from the
// socket: what follows is TLS or HTTP, for whoever comes next.
//
// Thread: the loop's.

#include "transport/ConnectionPlace.hpp"
#include "transport/EventLoop.hpp"
#include "transport/Socket.hpp"

#include <chrono>
#include <functional>
#include <list>
#include <string>

namespace patchbay::transport {

class ProxyGreetings {
public:
    /// The connection, and for whom it speaks: empty where it speaks for itself.
    using Done = std::function<void(Socket, std::string client)>;

    explicit ProxyGreetings(EventLoop& loop) noexcept;
    ~ProxyGreetings();

    /// Calls `done` when the header is there. A connection without one, or whose header is not whole `within` (0: for ever), is
    /// reset. It has its place until then.
    void await(Socket socket, std::string peer, std::chrono::milliseconds within, ConnectionPlace place, Done done);
    /// Ends all that wait.
    void endAll() noexcept;

private:
    class Greeting;
    EventLoop& loop_;
    std::list<Greeting> waiting_;
};

}  // namespace patchbay::transport
