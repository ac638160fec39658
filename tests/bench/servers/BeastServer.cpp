// Boost.Beast, asynchronous, on one thread, set up for speed: no timers, no fragmenting, no compression.

#include "servers/Announce.hpp"

#include <deque>
#include <memory>
#include <string>
#include <unordered_set>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using Error = boost::system::error_code;

/// One connection. A session lives as long as one of its operations is under way.
class Session : public std::enable_shared_from_this<Session> {
public:
    using Message = std::shared_ptr<const std::string>;

    explicit Session(tcp::socket socket) : stream_{std::move(socket)} {
        stream_.next_layer().set_option(tcp::no_delay{true});
        stream_.auto_fragment(false);
    }
    ~Session() { subscribers.erase(this); }

    void start() {
        beast::http::async_read(stream_.next_layer(), buffer_, request_,
                                [self = shared_from_this()](Error error, std::size_t) {
                                    if (!error) self->accept();
                                });
    }

private:
    void accept() {
        buffer_.clear();
        stream_.async_accept(request_, [self = shared_from_this()](Error error) {
            if (error) return;
            if (self->request_.target() == "/fanout") subscribers.insert(self.get());
            self->read();
        });
    }

    void read() {
        stream_.async_read(buffer_, [self = shared_from_this()](Error error, std::size_t) {
            if (!error) self->answer();
        });
    }

    void answer() {
        stream_.text(stream_.got_text());
        if (subscribers.contains(this)) {
            const auto message = std::make_shared<const std::string>(beast::buffers_to_string(buffer_.data()));
            for (auto* subscriber : subscribers) subscriber->send(message, stream_.got_text());
            buffer_.clear();
            read();
            return;
        }
        stream_.async_write(buffer_.data(), [self = shared_from_this()](Error error, std::size_t) {
            self->buffer_.clear();
            if (!error) self->read();
        });
    }

    void send(const Message& message, bool text) {
        stream_.text(text);
        queue_.push_back(message);
        if (queue_.size() == 1) write();
    }

    void write() {
        stream_.async_write(asio::buffer(*queue_.front()), [self = shared_from_this()](Error error, std::size_t) {
            self->queue_.pop_front();
            if (!error && !self->queue_.empty()) self->write();
        });
    }

    static inline std::unordered_set<Session*> subscribers;

    beast::websocket::stream<tcp::socket> stream_;
    beast::flat_buffer buffer_;
    beast::http::request<beast::http::string_body> request_;
    std::deque<Message> queue_;
};

void acceptOn(tcp::acceptor& acceptor) {
    acceptor.async_accept([&acceptor](Error error, tcp::socket socket) {
        if (!error) std::make_shared<Session>(std::move(socket))->start();
        acceptOn(acceptor);
    });
}

}  // namespace

int main() {
    asio::io_context context{1};
    tcp::acceptor acceptor{context, {asio::ip::address_v4::loopback(), 0}};
    bench::announce(acceptor.local_endpoint().port());
    acceptOn(acceptor);
    context.run();
}
