// What modules/web serves, and an event stream, for clients and proxies that are not ours.
//
//     /files/…           the folder that PATCHBAY_TEST_FOLDER names
//     /pages/…           pages in the program, one of them large, one in two forms
//     GET  /events       an event stream: "data: 0", then whatever is told; ?unbuffered says so to nginx
//     POST /tell         its body is an event for everyone      POST /end   ends all streams
//     GET  /listeners    how many there are

#include <patchbay/application.hpp>
#include <patchbay/http_handlers.hpp>
#include <patchbay/web.hpp>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <vector>

namespace {

using namespace patchbay;

class Feed {
public:
    void add(const HttpStream& stream) {
        const std::lock_guard lock{mutex_};
        stream.write("data: 0\n\n");
        streams_.push_back(stream);
    }
    void tell(const std::string& text) {
        const std::lock_guard lock{mutex_};
        for (const HttpStream& stream : streams_) stream.write("data: " + text + "\n\n");
    }
    void end() {
        const std::lock_guard lock{mutex_};
        for (const HttpStream& stream : streams_) stream.finish();
        streams_.clear();
    }
    std::size_t count() {
        const std::lock_guard lock{mutex_};
        std::erase_if(streams_, [](const HttpStream& stream) { return !stream.isOpen(); });
        return streams_.size();
    }

private:
    std::mutex mutex_;
    std::vector<HttpStream> streams_;
};

void install(Server& server) {
    static const std::string large(std::size_t{1} << 20, 'L');
    server.provide(std::make_shared<Feed>());
    web::serve(server, "/pages/",
               {{"index.html", "<h1>hello</h1>"}, {"large.txt", large}, {"two.css", "as it is"}, {"two.css.gz", "compressed"}});
    web::serveFolder(server, "/files/", std::getenv("PATCHBAY_TEST_FOLDER"));
    server.handleAsync("GET", "/events", [](const HttpExchange& exchange, Feed& feed) {
        HeaderFields fields{{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-cache"}};
        if (exchange.request().target.ends_with("?unbuffered")) fields.emplace_back("X-Accel-Buffering", "no");
        feed.add(exchange.start(200, std::move(fields)));
    });
    server.handle("POST", "/tell", [](const HttpRequest& request, HttpResponse&, Feed& feed) { feed.tell(request.body); });
    server.handle("POST", "/end", [](const HttpRequest&, HttpResponse&, Feed& feed) { feed.end(); });
    server.handle("GET", "/listeners", [](const HttpRequest&, HttpResponse& response, Feed& feed) {
        response.write("text/plain", std::to_string(feed.count()));
    });
}

}  // namespace

int main(int argc, char** argv) {
    return runApplication(argc, argv, {.name = "web-server", .install = install});
}
