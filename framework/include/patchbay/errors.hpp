#pragma once
// What the framework throws at application code. All derive from std::runtime_error; none of their texts ever goes on
// the wire.

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

/// No room for a message to many: a loop is too far behind, and stayed so while the caller waited. Nobody got it.
class QueueFull : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A message that went over a limit on its way in.
class MessageTooBig : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// What a handler threw when it was no std::exception.
class UnknownError : public std::runtime_error {
public:
    UnknownError() : std::runtime_error{"a handler threw something that is no std::exception"} {}
};

}  // namespace patchbay
