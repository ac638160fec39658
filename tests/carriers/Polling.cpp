#include "carriers/Polling.hpp"

#include <patchbay/carrier.hpp>
#include <patchbay/http.hpp>
#include <patchbay/http_exchange.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <utility>

namespace patchbay::test {
namespace {

constexpr std::chrono::milliseconds kLongest{500};

std::string newKey() {
    std::random_device random;
    std::string key;
    for (int i = 0; i < 32; ++i) key += "0123456789abcdef"[random() % 16];
    return key;
}

std::string framed(char kind, std::string_view payload) {
    return kind + std::to_string(payload.size()) + "\n" + std::string{payload};
}

struct Frame {
    std::string bytes;
    bool whole;  // a message, or a goodbye
    SendCompletion sent;
};

}  // namespace

/// What waits for one peer.   Thread: any.
class Polling::Poll : public std::enable_shared_from_this<Poll> {
public:
    void put(Frame frame) {
        const std::lock_guard guard{lock_};
        bytes_ += frame.bytes.size();
        frames_.push_back(std::move(frame));
        changed_.notify_all();
        flush();
    }
    void sayGoodbye(CloseCode code, std::string_view text) {
        put({framed('c', std::to_string(static_cast<int>(code)) + " " + std::string{text}), true, {}});
        const std::lock_guard guard{lock_};
        goodbye_ = true;
        flush();
    }
    bool isStreaming() const {
        const std::lock_guard guard{lock_};
        return stream_.isOpen();
    }
    /// From now on what waits leaves by this answer.
    void leaveBy(HttpStream stream) {
        stream.onClosed([self = shared_from_this()] { self->streamEnds(); });
        const std::lock_guard guard{lock_};
        stream_ = std::move(stream);
        flush();
    }
    bool dropOldest() {
        const std::lock_guard guard{lock_};
        const auto oldest = std::ranges::find_if(frames_, &Frame::whole);
        if (oldest == frames_.end()) return false;
        bytes_ -= oldest->bytes.size();
        oldest->sent.complete(SendResult::Dropped);
        frames_.erase(oldest);
        return true;
    }
    void dropAll() {
        const std::lock_guard guard{lock_};
        frames_.clear();
        bytes_ = 0;
    }
    std::size_t bytes() const {
        const std::lock_guard guard{lock_};
        return bytes_ + stream_.queuedBytes();
    }
    /// The carrier has gone.
    void end() {
        const std::lock_guard guard{lock_};
        over_ = true;
        for (Frame& frame : frames_) frame.sent = {};
        changed_.notify_all();
        stream_.finish();
    }

    struct Taken {
        std::string frames;
        bool last;  ///< nothing comes behind it
    };
    /// What waits, as soon as there is some.
    Taken take() {
        std::unique_lock guard{lock_};
        changed_.wait_for(guard, kLongest, [this] { return !frames_.empty() || over_; });
        Taken taken{{}, goodbye_ || over_};
        for (Frame& frame : frames_) {
            taken.frames += frame.bytes;
            frame.sent.complete(SendResult::Sent);
        }
        frames_.clear();
        bytes_ = 0;
        return taken;
    }

    CarrierInput input;  // set before anybody else knows of it

private:
    /// Requires: the lock is held.
    void flush() {
        while (!frames_.empty() && stream_.isOpen()) {
            if (stream_.write(frames_.front().bytes) == SendStatus::Full) {
                return stream_.onWritable([self = shared_from_this()] {
                    const std::lock_guard guard{self->lock_};
                    self->flush();
                });
            }
            bytes_ -= frames_.front().bytes.size();
            frames_.front().sent.complete(SendResult::Sent);
            frames_.pop_front();
        }
        if (goodbye_ && frames_.empty()) stream_.finish();
    }
    void streamEnds() {
        const bool wasClosed = [this] {
            const std::lock_guard guard{lock_};
            stream_ = {};
            return goodbye_;
        }();
        // Without the lock: the session may end inside, and its carrier with it.
        wasClosed ? input.closed() : input.lost("the client has left its stream");
    }

    mutable std::mutex lock_;
    std::condition_variable changed_;
    HttpStream stream_;
    std::deque<Frame> frames_;
    std::size_t bytes_ = 0;
    bool goodbye_ = false, over_ = false;
};

class Polling::PollCarrier final : public Carrier {
public:
    explicit PollCarrier(std::shared_ptr<Poll> poll) : poll_{std::move(poll)} {}
    ~PollCarrier() override { poll_->end(); }

    SendStatus send(MessageKind kind, Bytes payload) override {
        poll_->put({framed(kind == MessageKind::Text ? 't' : 'b', asText(payload)), true, {}});
        return SendStatus::Queued;
    }
    bool sendsParts() const override { return true; }
    SendStatus sendPart(MessageKind kind, Bytes piece, PieceOf of, SendCompletion& completion) override {
        const bool isLast = of == PieceOf::Last;
        const char mark = kind == MessageKind::Text ? (isLast ? 't' : 'T') : (isLast ? 'b' : 'B');
        poll_->put({framed(mark, asText(piece)), isLast && !withinMessage_, std::move(completion)});
        withinMessage_ = !isLast;
        return SendStatus::Queued;
    }
    std::size_t queuedBytes() const override { return poll_->bytes(); }
    bool dropOldest() override { return poll_->dropOldest(); }
    void close(CloseCode code, std::string_view text) override { poll_->sayGoodbye(code, text); }
    void closeNow(CloseCode code, std::string_view text) override {
        poll_->dropAll();
        poll_->sayGoodbye(code, text);
    }

private:
    const std::shared_ptr<Poll> poll_;
    bool withinMessage_ = false;
};

class Polling::Table {
public:
    std::string add(std::shared_ptr<Poll> poll) {
        const std::lock_guard guard{lock_};
        std::string key = newKey();
        polls_.emplace(key, std::move(poll));
        return key;
    }
    std::shared_ptr<Poll> find(std::string_view key) const {
        const std::lock_guard guard{lock_};
        const auto found = polls_.find(key);
        return found == polls_.end() ? nullptr : found->second;
    }
    void forget(std::string_view key) {
        const std::lock_guard guard{lock_};
        const auto found = polls_.find(key);
        if (found != polls_.end()) polls_.erase(found);
    }

private:
    mutable std::mutex lock_;
    std::map<std::string, std::shared_ptr<Poll>, std::less<>> polls_;
};

void Polling::install(ServerContainer& server) {
    const auto table = std::make_shared<Table>();

    server.handle("POST", "/polling", [&server, table](const HttpRequest& request, HttpResponse& response) {
        Admission admission = server.admit(handshakeFor(request, request.queryParameter("to")));
        if (!admission.isAdmitted()) {
            response = admission.refusal();
            return;
        }
        response.headers = admission.headers();
        const auto poll = std::make_shared<Poll>();
        poll->input = server.openSession(std::move(admission), std::make_unique<PollCarrier>(poll));
        if (!poll->input.isOpen()) {
            response.status = 503;
            return;
        }
        response.status = 201;
        response.write("text/plain", table->add(poll));
    });

    server.handle("GET", "/polling/{key}", [table](const HttpRequest& request, HttpResponse& response) {
        const std::string_view key = request.pathParameter("key");
        const auto poll = table->find(key);
        if (!poll) {
            response.status = 404;
            return;
        }
        poll->input.alive();
        Poll::Taken taken = poll->take();
        if (taken.last) {
            table->forget(key);
            poll->input.closed();
        }
        if (taken.frames.empty()) response.status = taken.last ? 404 : 204;
        response.body = std::move(taken.frames);
    });

    server.handleAsync("GET", "/polling/{key}/stream", [table](const HttpExchange& exchange) {
        const auto poll = table->find(exchange.request().pathParameter("key"));
        if (!poll) {
            exchange.respond({404, {}, {}});
            return;
        }
        if (poll->isStreaming()) {
            exchange.respond({409, {}, "the session has such an answer already"});
            return;
        }
        poll->leaveBy(
            exchange.start(200, {{"Content-Type", "application/octet-stream"}, {"Cache-Control", "no-store"}}));
    });

    server.handle("POST", "/polling/{key}", [table](const HttpRequest& request, HttpResponse& response) {
        const auto poll = table->find(request.pathParameter("key"));
        const bool isText = request.header("Content-Type").starts_with("text/");
        const Arrival arrival =
            poll ? poll->input.message(isText ? MessageKind::Text : MessageKind::Binary, asBytes(request.body))
                 : Arrival::Ended;
        response.status = arrival == Arrival::Taken ? 204 : arrival == Arrival::Ended ? 410 : 503;
    });

    server.handle("DELETE", "/polling/{key}", [table](const HttpRequest& request, HttpResponse& response) {
        const auto poll = table->find(request.pathParameter("key"));
        table->forget(request.pathParameter("key"));
        if (poll) poll->input.closed(CloseCode::Normal);
        response.status = poll ? 204 : 404;
    });
}

}  // namespace patchbay::test
