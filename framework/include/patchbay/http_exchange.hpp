#pragma once
// HttpExchange: one request and its answer, by whoever answers it, whenever and from wherever; HttpStream: an answer that is written
// piece by piece.
//
//     server.handleAsync("GET", "/events", [](HttpExchange exchange, Feed& feed) {            // on the loop: must not block
//         HttpStream stream = exchange.start(200, {{"Content-Type", "text/event-stream"}});
//         const auto place = feed.add(stream);                                                 // who writes to it, from any thread
//         stream.onClosed([&feed, place] { feed.remove(place); });
//     });
//     server.handleAsync("GET", "/report", [](HttpExchange exchange, Executor& executor) -> Async<void> {
//         const Report report = co_await executor.run([] { return makeReport(); });
//         exchange.respond(pageOf(report));
//     });
//     server.handleAsync("PUT", "/files/{name}", [](HttpExchange exchange) {
//         exchange.onBody([exchange, file = open(exchange.request())](Bytes piece, bool last) {
//             file->write(piece);
//             if (last) exchange.respond({201});
//         });
//     });
//
// Both are small handles on the same exchange: copied freely, used on any thread, and safe for ever. When the client or the server has
// gone their calls say so and do nothing.
//
// Rules:
// - One answer: the first respond() or start(), from whatever thread, is it; later ones do nothing and say so.
// - A handler that returns Async<void> is a coroutine on the exchange's loop (async.hpp has its rules): it takes the HttpExchange by
//   value, services may be references, since they outlive it. When the client has gone, the server ends, or a stream without a body
//   (HEAD, 204, 304) is over with its head, what it awaits throws Cancelled. A coroutine that nobody waits for still runs to its end.
// - Nothing of a body is read beyond what came with the head until somebody asks for it (onBody, body()), so that a sender waits. A request
//   that is answered before its body has come ends its connection, unless the rest is small.
// - When the last handle on an exchange goes and nothing has been answered, the client gets a 500 and the log a line. When the last handle
//   on a stream goes before finish(), the connection is cut, so that the client does not take a part for the whole.
// - A client that takes nothing of what waits for it for 30 s is cut off; one that takes it slowly is not. A client that ends its own
//   side of the connection has gone. A stop of the server waits for answers under way up to `drainTimeout`, then they are cut:
//   finish event streams in the application's `stopping`.

#include <patchbay/async.hpp>
#include <patchbay/bytes.hpp>
#include <patchbay/http.hpp>
#include <patchbay/send_status.hpp>
#include <patchbay/task.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace patchbay {

namespace http {
class ExchangeCore;
class StreamCore;
}  // namespace http

/// An answer that is written piece by piece.   Thread: any; pieces of one thread go in the order of its calls.
class HttpStream {
public:
    /// What may wait for a client, here and at its connection, with head and framing: beyond it write() says Full. So much is what a client
    /// that reads nothing costs, besides what the kernel holds for its socket; a piece of 64 KiB has room behind what was small. One piece
    /// is taken whatever its size when nothing waits.   Units: bytes.
    static constexpr std::size_t kMostQueued = 96 * 1024;

    /// Of no exchange: its calls say Closed.
    HttpStream() noexcept = default;

    /// Puts a piece behind the others; it leaves soon, with what else was written in this turn. Copied.
    /// Returns: Queued; Full and nothing of it was taken: wait for onWritable(); Dropped: more than the length that start() was given;
    /// Closed after finish(), or when the client or the server has gone.
    /// Where there is no body (HEAD, 204, 304) it goes nowhere: Queued until the head has left, which is the exchange's end, then Closed.
    SendStatus write(Bytes piece) const;
    SendStatus write(std::string_view text) const { return write(asBytes(text)); }
    /// That was all. A stream that was given a length and has not reached it is cut, and the log says so.
    void finish() const noexcept;
    /// What was written and waits for the client.   Units: bytes; may be a little behind on another thread than the loop's.
    std::size_t queuedBytes() const noexcept;
    /// True until finish(), or until the client or the server has gone.
    bool isOpen() const noexcept;

    /// Runs `task` once, on the loop, when nothing waits any more: soon, if that is now; also when the stream is closed. Takes the place of
    /// one that has not run.
    void onWritable(Task task) const;
    /// Runs `task` once, on the loop, when the exchange is over: its answer has been handed to the network, or the client or server has
    /// gone. Soon, if that is now. Takes the place of one that has not run, HttpExchange::onClosed()'s too.
    void onClosed(Task task) const;
    /// `co_await stream.writable()`
    PATCHBAY_HIDDEN Completion<> writable() const {
        Completion<> completion;
        onWritable([completion] { completion.set(); });
        return completion;
    }
    /// `co_await stream.closed()`
    PATCHBAY_HIDDEN Completion<> closed() const {
        Completion<> completion;
        onClosed([completion] { completion.set(); });
        return completion;
    }

private:
    friend class http::ExchangeCore;
    explicit HttpStream(std::shared_ptr<http::StreamCore> core) noexcept : core_{std::move(core)} {}

    std::shared_ptr<http::StreamCore> core_;
};

/// One request and its answer.   Thread: any.
class HttpExchange {
public:
    /// Method, target, headers, parameters, cookies; the body is empty, onBody() reads it. Lives as long as any handle on the exchange.
    const HttpRequest& request() const noexcept;
    /// Nothing where the client does not say how much it sends (chunked); 0 where there is no body.   Units: bytes.
    std::optional<std::uint64_t> bodyLength() const noexcept;
    /// True until it has been answered, or the client or the server has gone.
    bool isOpen() const noexcept;

    /// Reads the body: `f(piece, last)` on the loop, for each piece as it comes, valid during the call; a body of nothing is one empty last
    /// piece. Once. There is no limit on the whole: an upload may be refused by respond() at any moment (413), and is not read further then.
    /// Errors: what f throws is treated as what the handler throws, and nothing more is read.
    template <class F>
        requires std::invocable<F&, Bytes, bool>
    PATCHBAY_HIDDEN void onBody(F&& f) const {
        auto held = std::make_shared<std::decay_t<F>>(std::forward<F>(f));
        readBody([held = std::move(held)](Bytes piece, bool last) { (*held)(piece, last); }, detail::thisImage());
    }
    /// `const std::string all = co_await exchange.body(64_KiB);`   Errors: HttpError 413 for more than `most`; Cancelled.
    PATCHBAY_HIDDEN Completion<std::string> body(std::size_t most = 1024 * 1024) const {
        Completion<std::string> completion;
        if (bodyLength().value_or(0) > most) {
            completion.fail(std::make_exception_ptr(HttpError{413, "the body is larger than this path takes\n"}));
            return completion;
        }
        onBody([completion, most, all = std::string{}, isTooLarge = false](Bytes piece, bool last) mutable {
            if (isTooLarge) return;
            isTooLarge = piece.size() > most - all.size();
            if (isTooLarge) {
                std::string{}.swap(all);
                return completion.fail(std::make_exception_ptr(HttpError{413, "the body is larger than this path takes\n"}));
            }
            all.append(reinterpret_cast<const char*>(piece.data()), piece.size());
            if (last) completion.set(std::move(all));
        });
        return completion;
    }
    /// Reads nothing of the body for a while: at most what was read already still comes. The time does not count as the client's.
    void pauseReceiving() const;
    void resumeReceiving() const;

    /// Answers. False when it has been answered already, or the client or the server has gone.
    bool respond(HttpResponse response) const;
    /// Begins an answer whose head leaves at once. With a `length` the client is told it (Content-Length), and no more than that can be
    /// written; without, HTTP/1.1 gets chunks and HTTP/1.0 the connection's end.   Units: bytes.
    /// A stream of nothing where respond() would be false.
    HttpStream start(int status = 200, HeaderFields fields = {}, std::optional<std::uint64_t> length = {}) const;
    /// As HttpStream::onClosed().
    void onClosed(Task task) const;

private:
    friend class http::ExchangeCore;
    explicit HttpExchange(std::shared_ptr<http::ExchangeCore> core) noexcept : core_{std::move(core)} {}
    void readBody(std::function<void(Bytes, bool)> receiver, detail::ImagePin pin) const;

    std::shared_ptr<http::ExchangeCore> core_;
};

}  // namespace patchbay
