#pragma once
// A TCP client that knows nothing of HTTP beyond where an answer ends. For tests that say which bytes go out, and in
// which pieces, and look at the bytes that come back. With TLS the bytes are those inside.
//
// Nothing here waits without an end: what has not happened after kPatience throws, with what came until then.

#include "support/Canaries.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace patchbay::test {

inline constexpr std::chrono::seconds kPatience{10};

class TlsClient;

/// A descriptor that is closed with its owner.
class Descriptor {
public:
    explicit Descriptor(int descriptor = -1) noexcept : descriptor_{descriptor} {}
    ~Descriptor() { close(); }
    Descriptor(Descriptor&& other) noexcept : descriptor_{other.release()} {}
    Descriptor& operator=(Descriptor&& other) noexcept;

    int get() const noexcept { return descriptor_; }
    int release() noexcept;
    void close() noexcept;

private:
    int descriptor_;
};

/// What a server answered, taken apart.
struct HttpAnswer {
    int status = 0;
    std::string head;  ///< status line and fields, as they came
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string body;

    /// The value of a field, empty when there is none. `name` in lower case.
    std::string header(const std::string& name) const;
};

/// Whether the answer to read is one without a body whatever its fields say.
enum class AnswerBody : std::uint8_t { AsItSays, None };

/// Errors: every function that waits or connects throws std::runtime_error.
class RawSocket {
public:
    struct Options {
        bool tls = false;       ///< speaks TLS, whatever certificate the server has
        int receiveBuffer = 0;  ///< Units: bytes; 0: the system's. A small one makes a slow reader felt soon.
        std::string certificate = {};  ///< over TLS, a file to show, with its key
        std::string key = {};
        std::string preamble = {};  ///< goes ahead of everything, of TLS too
    };
    explicit RawSocket(std::uint16_t port, Options options);
    explicit RawSocket(std::uint16_t port) : RawSocket{port, Options{}} {}
    ~RawSocket();
    RawSocket(RawSocket&&) noexcept;

    void send(std::string_view bytes);
    /// As much as the kernel takes before nothing more went for `patience`. Returns how much.   Requires: no TLS.
    std::size_t sendUntilFull(std::string_view bytes, std::chrono::milliseconds patience);
    /// Says that nothing more is sent: the half-closed client.
    void finish();
    /// Ends the connection with a reset.
    void reset();

    /// Exactly `count` bytes.
    std::string read(std::size_t count);
    /// Everything up to and with `marker`; what came behind it stays for the next call.
    std::string readUntil(std::string_view marker);
    /// Everything up to the end of the connection, by FIN or reset.
    std::string readToEnd();
    /// True when the connection ended, and no byte came before.
    bool ends() { return readToEnd().empty(); }
    /// True when readToEnd() met a reset.
    bool wasReset() const noexcept { return reset_; }
    /// True when a byte or the end is there within `time`.
    bool hasSomething(std::chrono::milliseconds time);
    /// Whether the server cuts the connection before `time` is over, whatever lies here unread.
    bool isCutWithin(std::chrono::milliseconds time);

    HttpAnswer readAnswer(AnswerBody body = AnswerBody::AsItSays);

private:
    bool receive();
    void sendPlain(std::string_view bytes);
    void shakeHands(const Options& options);
    std::string_view unread() const noexcept { return std::string_view{received_}.substr(taken_); }

    Descriptor socket_;
    std::unique_ptr<TlsClient> tls_;
    canaries::Stream heard_;
    std::string received_;
    std::size_t taken_ = 0;  // of received_: moving the rest up for each frame would cost more than the rest of a test
    bool reset_ = false;
};

}  // namespace patchbay::test
