// Files of a folder, answered by a coroutine: what blocks runs on the executor, what is sent goes by the client's pace.
//
//     worker: open, judge, read what is small   loop: head   worker: read a piece   loop: write it, wait until it has left …

#include "Answer.hpp"
#include "Folder.hpp"
#include "Lists.hpp"
#include "Streaming.hpp"

#include <patchbay/errors.hpp>
#include <patchbay/executor.hpp>
#include <patchbay/http_exchange.hpp>
#include <patchbay/http_handlers.hpp>
#include <patchbay/web.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace patchbay::web {
namespace {

constexpr const char* kBusy = "the server has too much to do just now; try again soon\n";

struct Site {
    Folder folder;
    Options options;
};

/// What a worker has made of a request.
struct Opened {
    Answer answer;
    std::string body;  // when all of it is here: a refusal's text, or a small file
    File file;         // when it is not
};

std::string readAll(const File& file, std::uint64_t first, std::size_t length) {
    std::string all(length, '\0');
    if (file.read(first, std::as_writable_bytes(std::span{all})) != length)
        throw std::runtime_error{"a file became shorter while it was read"};
    return all;
}

Opened refused(const HttpRequest& request, int status, std::string text, const Options& options) {
    Opened opened{refusal(request, status, options), std::move(text), {}};
    opened.answer.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
    return opened;
}

/// To the same path with a slash, or the page's own links would lead beside it. Relative, so that it holds behind a proxy that
/// serves us elsewhere; "./" because a name may hold a colon.
Opened redirected(const HttpRequest& request, const Options& options) {
    const std::string_view path = request.path();
    Opened opened{refusal(request, 301, options), {}, {}};
    opened.answer.headers.emplace_back("Location", "./" + std::string{path.substr(path.rfind('/') + 1)} + '/');
    return opened;
}

/// Thread: a worker.
Opened open(const HttpRequest& request, const Site& site) {
    Found found = site.folder.find(request.pathParameter("path"), fieldValue(request.headers, "Accept-Encoding"));
    switch (found.kind) {
        case Found::Kind::Nothing: return refused(request, 404, "there is nothing at this path\n", site.options);
        case Found::Kind::TooMany: return refused(request, 503, kBusy, site.options);
        case Found::Kind::Folder: return redirected(request, site.options);
        case Found::Kind::File: break;
    }
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    Opened opened{answerTo(request, found.of, site.options, now), {}, std::move(found.file)};
    if (isWhole(request, opened.answer)) {
        opened.body = readAll(opened.file, opened.answer.first, opened.answer.length);
        opened.file = File{};
    }
    return opened;
}

std::vector<std::byte> readPiece(const File& file, const Answer& answer, std::uint64_t sent) {
    std::vector<std::byte> piece(std::min<std::uint64_t>(answer.length - sent, kPieceBytes));
    piece.resize(file.read(answer.first + sent, piece));
    return piece;
}

Async<Opened> openOn(Executor& executor, const HttpRequest& request, const Site& site) {
    try {
        const auto openIt = [&] { return open(request, site); };
        Opened opened = co_await executor.run(openIt);
        co_return opened;
    } catch (const QueueFull&) {  // nothing has failed: there is only too much to do
    }
    Opened busy = refused(request, 503, kBusy, site.options);
    co_return busy;
}

Async<void> sendFile(HttpExchange exchange, std::shared_ptr<const Site> site, Executor& executor) {
    Opened opened = co_await openOn(executor, exchange.request(), *site);
    Answer& answer = opened.answer;
    if (!opened.file.isOpen()) {
        exchange.respond({answer.status, std::move(answer.headers), std::move(opened.body)});
        co_return;
    }
    const HttpStream stream = exchange.start(answer.status, std::move(answer.headers), answer.length);
    const bool hasBody = exchange.request().method != "HEAD";
    for (std::uint64_t sent = 0; hasBody && sent < answer.length && stream.isOpen();) {
        {
            const auto read = [&] { return readPiece(opened.file, answer, sent); };
            const std::vector<std::byte> piece = co_await executor.run(read);
            if (piece.empty()) break;  // it became shorter: what is missing cuts the connection
            SendStatus status = stream.write(piece);
            for (; status == SendStatus::Full; status = stream.write(piece)) co_await stream.writable();
            if (status != SendStatus::Queued) break;
            sent += piece.size();
        }
        co_await stream.writable();  // and only its copy in the stream waits meanwhile
    }
    stream.finish();
}

}  // namespace

void serveFolder(ServerContainer& server, const std::string& prefix, const std::filesystem::path& folder,
                 const Options& options) {
    const auto site = std::make_shared<const Site>(Site{Folder{folder}, options});
    server.handleAsync("GET", prefix + "{path...}", [site](HttpExchange exchange, Executor& executor) {
        return sendFile(std::move(exchange), site, executor);
    });
}

}  // namespace patchbay::web
