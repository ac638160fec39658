#include "transport/ProxyGreetings.hpp"

#include "base/Guarded.hpp"
#include "base/Log.hpp"
#include "transport/ProxyHeader.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace patchbay::transport {

class ProxyGreetings::Greeting final : public IoHandler {
public:
    Greeting(ProxyGreetings& among, Socket socket, std::string peer, ConnectionPlace place, Done done)
        : among_{among}, socket_{std::move(socket)}, peer_{std::move(peer)}, place_{std::move(place)}, done_{std::move(done)} {}
    ~Greeting() override {
        among_.loop_.cancel(timer_);
        if (socket_) among_.loop_.unwatch(socket_.descriptor(), *this);
    }

    bool begin(std::list<Greeting>::iterator self, std::chrono::milliseconds within) {
        self_ = self;
        if (within.count() > 0) timer_ = among_.loop_.after(onClock(within), [this] { end("it did not come in time"); });
        return !among_.loop_.watch(socket_.descriptor(), EPOLLIN | EPOLLRDHUP, *this);
    }

    void onEvents(std::uint32_t) noexcept override {
        try {
            read();
        } catch (const std::bad_alloc&) {
            socket_.resetOnClose();
            leave();
        }
    }

private:
    void read() {
        std::array<char, kMostProxyHeader> bytes;
        const ssize_t seen = ::recv(socket_.descriptor(), bytes.data(), bytes.size() - header_.size(), MSG_PEEK);
        if (seen < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (seen <= 0) return leave();  // gone before it said anything: nothing to tell
        const std::size_t before = header_.size();
        header_.append(bytes.data(), static_cast<std::size_t>(seen));
        const ProxyHeader header = readProxyHeader(header_);
        if (header.state == ProxyHeader::State::Bad) return end(header.problem);
        const bool complete = header.state == ProxyHeader::State::Complete;
        const std::size_t taken = complete ? header.bytes - before : static_cast<std::size_t>(seen);
        if (::recv(socket_.descriptor(), bytes.data(), taken, 0) != static_cast<ssize_t>(taken)) return leave();
        if (complete) goOn(header.source);
    }
    void goOn(std::string client) {
        among_.loop_.unwatch(socket_.descriptor(), *this);
        Socket socket = std::move(socket_);
        const Done done = std::move(done_);
        leave();
        guarded("proxy-protocol", "a newcomer", [&] { done(std::move(socket), std::move(client)); });
    }
    void end(std::string_view why) noexcept {
        guarded("proxy-protocol", "a line of the log", [&] {
            log::info("proxy-protocol", "the connection of " + peer_ + " ended without a PROXY header: " + std::string{why});
        });
        socket_.resetOnClose();
        leave();
    }
    /// This object is gone then.
    void leave() noexcept { among_.waiting_.erase(self_); }

    ProxyGreetings& among_;
    Socket socket_;
    std::string peer_;
    ConnectionPlace place_;
    Done done_;
    std::string header_;
    std::list<Greeting>::iterator self_;
    TimerId timer_ = 0;
};

ProxyGreetings::ProxyGreetings(EventLoop& loop) noexcept : loop_{loop} {}
ProxyGreetings::~ProxyGreetings() { endAll(); }

void ProxyGreetings::await(Socket socket, std::string peer, std::chrono::milliseconds within, ConnectionPlace place, Done done) {
    const auto one = waiting_.emplace(waiting_.end(), *this, std::move(socket), std::move(peer), std::move(place), std::move(done));
    if (!one->begin(one, within)) waiting_.erase(one);
}

void ProxyGreetings::endAll() noexcept { waiting_.clear(); }

}  // namespace patchbay::transport
