#pragma once
// Where the server is: ws://HOST[:PORT][/PATH], wss://…, http://…, tcp://HOST:PORT. An IPv6 address stands in brackets.

#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

enum class Scheme : std::uint8_t { Tcp, Http, Ws, Wss };  ///< Tcp: payloads only; Http: pages; neither has frames

struct Url {
    Scheme scheme{};
    std::string host;  ///< without brackets
    std::string port;
    std::string path;  ///< with its query; empty for tcp

    /// As the Host field has it.
    std::string authority() const;
};

/// Errors: std::invalid_argument with a sentence.
Url parseUrl(std::string_view text);

}  // namespace bench
