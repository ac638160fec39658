// Boost.Beast, asynchronous, on one thread, set up for speed: no timers, no fragmenting.
// bench-beast [--deflate] [--tls CERTIFICATE KEY]

#include "servers/Announce.hpp"

#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_set>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using Plain = tcp::socket;
using Tls = beast::ssl_stream<tcp::socket>;
using Error = boost::system::error_code;

beast::websocket::permessage_deflate compression;  // off unless main() says otherwise

/// One connection. A session lives as long as one of its operations is under way.
template <class Layer>
class Session : public std::enable_shared_from_this<Session<Layer>> {
public:
    using Message = std::shared_ptr<const std::string>;

    template <class... Arguments>
    explicit Session(tcp::socket socket, Arguments&... arguments) : stream_{std::move(socket), arguments...} {
        beast::get_lowest_layer(stream_).set_option(tcp::no_delay{true});
        stream_.auto_fragment(false);
        stream_.set_option(compression);
    }
    ~Session() { subscribers.erase(this); }

    void start() {
        if constexpr (std::is_same_v<Layer, Tls>) {
            stream_.next_layer().async_handshake(asio::ssl::stream_base::server,
                                                 then([](Session& self) { self.readRequest(); }));
        } else {
            readRequest();
        }
    }

private:
    /// A completion handler that keeps the session and goes on if nothing failed.
    template <class Step>
    auto then(Step step) {
        return [self = this->shared_from_this(), step](Error error, auto...) {
            if (!error) step(*self);
        };
    }

    void readRequest() {
        beast::http::async_read(stream_.next_layer(), buffer_, request_, then([](Session& self) { self.accept(); }));
    }

    void accept() {
        buffer_.clear();
        stream_.async_accept(request_, then([](Session& self) {
                                 if (self.request_.target() == "/fanout") subscribers.insert(&self);
                                 self.read();
                             }));
    }

    void read() {
        stream_.async_read(buffer_, then([](Session& self) { self.answer(); }));
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
        stream_.async_write(buffer_.data(), then([](Session& self) {
                                self.buffer_.clear();
                                self.read();
                            }));
    }

    void send(const Message& message, bool text) {
        stream_.text(text);
        queue_.push_back(message);
        if (queue_.size() == 1) write();
    }

    void write() {
        stream_.async_write(asio::buffer(*queue_.front()), then([](Session& self) {
                                self.queue_.pop_front();
                                if (!self.queue_.empty()) self.write();
                            }));
    }

    static inline std::unordered_set<Session*> subscribers;

    beast::websocket::stream<Layer> stream_;
    beast::flat_buffer buffer_;
    beast::http::request<beast::http::string_body> request_;
    std::list<Message> queue_;
};

/// `context...`: nothing, or the TLS context.
template <class Layer, class... Context>
void acceptOn(tcp::acceptor& acceptor, Context&... context) {
    acceptor.async_accept([&](Error error, tcp::socket socket) {
        if (!error) std::make_shared<Session<Layer>>(std::move(socket), context...)->start();
        acceptOn<Layer>(acceptor, context...);
    });
}

}  // namespace

int main(int argc, char** argv) {
    asio::io_context context{1};
    asio::ssl::context tls{asio::ssl::context::tls_server};
    bool secure = false;
    for (int index = 1; index < argc; ++index) {
        if (std::string_view{argv[index]} == "--deflate") {
            compression.server_enable = true;
        } else if (std::string_view{argv[index]} == "--tls" && index + 2 < argc) {
            tls.use_certificate_chain_file(argv[++index]);
            tls.use_private_key_file(argv[++index], asio::ssl::context::pem);
            secure = true;
        }
    }
    tcp::acceptor acceptor{context, {asio::ip::address_v4::loopback(), 0}};
    bench::announce(acceptor.local_endpoint().port());
    if (secure) {
        acceptOn<Tls>(acceptor, tls);
    } else {
        acceptOn<Plain>(acceptor);
    }
    context.run();
}
