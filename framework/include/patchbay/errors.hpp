#pragma once
// What the framework throws at application code, and what that may throw back. All derive from std::runtime_error. None of their
// texts goes on the wire, but that of a DecodeError in the 400 that answers a plain request: what it says is of the client's own body.

#include <stdexcept>
#include <string>

namespace patchbay {

/// A payload or path parameter that does not fit what the handler asks for.   Source: Jakarta WebSocket §4.3, §4.7
class DecodeError : public std::runtime_error {
public:
    /// `path` is where in the payload, such as `order.items[2].price`; empty for the whole of it.
    DecodeError(std::string path, const std::string& problem)
        : std::runtime_error{path.empty() ? problem : path + ": " + problem}, path_{std::move(path)} {}
    const std::string& path() const noexcept { return path_; }

private:
    std::string path_;
};

/// A call on a session that has closed.   Source: Jakarta WebSocket §2.1.5 (every call but close() is an error)
class SessionClosed : public std::runtime_error {
public:
    explicit SessionClosed(const std::string& call) : std::runtime_error{call + ": the session is closed"} {}
};

/// A session is in as many topics as it may be.
class TooManyTopics : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// No room. For a message to many: a loop is too far behind, and stayed so while the caller waited; nobody got it. At an
/// `executor.run(f)`: as many tasks wait as may, or the executor has stopped; f was not called.
class QueueFull : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A message that went over a limit on its way in.
class MessageTooBig : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Thrown by an open handler: this peer is not served. Its error handler is told, then the session closes with 1008
/// (CloseCause::Policy), and `code` is the close reason that the peer reads; the text stays here, for the error handler and the
/// log. Thrown by a message handler it is the outcome of a request of `patchbay.1` (framework/WIRE.md §7): its client gets `code` and
/// `text`, the session goes on, and nobody else is told. By any other handler, and for a plain client, it is an exception as another.
/// Units: `code` is a word for programs, such as "slow-mode": for a request 1 to 64 characters of a-z0-9- (another is told as
/// "refused"); as a close reason cut at 123 bytes of UTF-8.
class Refused : public std::runtime_error {
public:
    explicit Refused(std::string code, const std::string& text = {})
        : std::runtime_error{text.empty() ? code : code + ": " + text}, code_{std::move(code)}, text_{text} {}
    const std::string& code() const noexcept { return code_; }
    /// For people; empty: none was given.
    const std::string& text() const noexcept { return text_; }

private:
    std::string code_, text_;
};

/// A message to a handler whose `.roles` its peer has none of, or a topic that its TOPIC keeps from its user. The session stays, also without
/// an error handler.
class Forbidden : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Thrown in a coroutine handler where it waits: its session has ended, and what it waits for is not waited for any longer. Let
/// it pass. A handler that catches it may tidy up; each further wait throws it at once.
class Cancelled : public std::runtime_error {
public:
    Cancelled() : std::runtime_error{"the session has ended while its handler waited"} {}
};

/// Thrown where a Completion is awaited: all its other copies are gone, and none was used to set it.
class BrokenCompletion : public std::runtime_error {
public:
    BrokenCompletion() : std::runtime_error{"nobody is left to set this Completion: all copies but the awaited one are gone"} {}
};

/// What a handler threw when it was no std::exception.
class UnknownError : public std::runtime_error {
public:
    UnknownError() : std::runtime_error{"a handler threw something that is no std::exception"} {}
};

}  // namespace patchbay
