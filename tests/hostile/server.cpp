// The server under attack: a program like any user's, so that what it costs is read from outside. GET /hello answers;
// GET /counts tells how many sessions there are, and how many fell to a full queue. GET /events is a stream that POST /publish and
// /publish-here write to; GET /files/… is the folder that PATCHBAY_HOSTILE_FOLDER names; GET /download/{bytes} is written as fast
// as its client reads; PUT /upload is read in pieces, and POST /whole as a whole.

#include "hostile/Endpoints.hpp"

#include <patchbay/application.hpp>
#include <patchbay/async.hpp>
#include <patchbay/http_exchange.hpp>
#include <patchbay/http_handlers.hpp>
#include <patchbay/web.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace {

using namespace patchbay;

/// Everyone who listens to /events.   Thread: any.
class Feed {
public:
    void add(HttpStream stream) {
        const std::lock_guard guard{lock_};
        streams_.push_back(std::move(stream));
    }
    /// To how many.
    std::size_t publish(std::string_view text) {
        const std::lock_guard guard{lock_};
        std::erase_if(streams_, [&](const HttpStream& stream) { return stream.write(text) == SendStatus::Closed; });
        return streams_.size();
    }

private:
    std::mutex lock_;
    std::vector<HttpStream> streams_;
};

Async<void> download(HttpExchange exchange) {
    std::size_t left = std::stoul(std::string{exchange.request().pathParameter("bytes")});
    const HttpStream stream = exchange.start(200, {}, left);
    static const std::string piece(64 * 1024, 'd');
    while (left > 0) {
        const std::size_t size = std::min(left, piece.size());
        if (stream.write(std::string_view{piece}.substr(0, size)) == SendStatus::Queued) {
            left -= size;
        } else {
            co_await stream.writable();
        }
    }
    stream.finish();
}

void serveStreams(Server& server) {
    server.provide(std::make_shared<Feed>());
    server.handleAsync("GET", "/events", [](const HttpExchange& exchange, Feed& feed) {
        feed.add(exchange.start(200, {{"Content-Type", "text/event-stream"}}));
    });
    server.handle("POST", "/publish", [](const HttpRequest& request, HttpResponse& response, Feed& feed) {
        response.write("text/plain", std::to_string(feed.publish(request.body)));
    });
    // On a loop: of what it writes there nothing leaves before it has written to all.
    server.handleAsync("POST", "/publish-here", [](const HttpExchange& exchange, Feed& feed) {
        exchange.respond({200, {}, std::to_string(feed.publish("event"))});
    });
    server.handleAsync("GET", "/download/{bytes}", download);
    server.handleAsync("PUT", "/upload", [](const HttpExchange& exchange) {
        exchange.onBody([exchange, size = std::size_t{0}](Bytes piece, bool last) mutable {
            size += piece.size();
            if (last) exchange.respond({200, {}, std::to_string(size)});
        });
    });
    server.handle("POST", "/whole", [](const HttpRequest& request, HttpResponse& response) {
        response.write("text/plain", std::to_string(request.body.size()));
    });
    server.handle("GET", "/answer/{bytes}", [](const HttpRequest& request, HttpResponse& response) {
        response.body.assign(std::stoul(std::string{request.pathParameter("bytes")}), 'a');
    });
}

void install(patchbay::Server& server) {
    server.deployRegistered();
    serveStreams(server);
    if (const char* const folder = std::getenv("PATCHBAY_HOSTILE_FOLDER")) web::serveFolder(server, "/files/", folder);
    server.handle("GET", "/hello", [](const patchbay::HttpRequest&, patchbay::HttpResponse& response) {
        response.write("text/plain", "hello");
    });
    server.handle("GET", "/counts", [&server](const patchbay::HttpRequest&, patchbay::HttpResponse& response) {
        response.write("text/plain", std::to_string(server.sessionCount()) + " " +
                                         std::to_string(server.closedFor(patchbay::CloseCause::QueueFull)));
    });
}

}  // namespace

int main(int argc, char** argv) {
    return patchbay::runApplication(argc, argv, {.name = "hostile-server", .install = install, .ready = [](patchbay::Server&) {
                                                     std::puts("ready");
                                                     std::fflush(stdout);
                                                 }});
}
