#pragma once
// Begins connections to the server of the URL, from one address after the other.

#include "Options.hpp"
#include "TlsStream.hpp"
#include "wire/Stream.hpp"

#include <memory>
#include <optional>

#include <sys/socket.h>

namespace bench {

inline constexpr const char* kRefused = "connection refused: is the server running there?";

class Dialer {
public:
    /// Looks the host up, and lets the process have as many descriptors as the run takes.
    /// Errors: std::runtime_error with a sentence.
    explicit Dialer(const Options& options);

    /// A socket that is connecting. Whether it succeeds is seen by reading from it.
    std::unique_ptr<Stream> dial();

private:
    struct Address {
        sockaddr_storage bytes{};
        socklen_t size = 0;
    };

    /// Of a host's addresses the first that takes connections.
    void choose(const Options& options);
    int begin(const Address& address) const;
    void bindTo(int descriptor, std::size_t index) const;

    Address server_;
    std::size_t sources_, next_ = 0;
    std::optional<TlsContext> tls_;
};

}  // namespace bench
