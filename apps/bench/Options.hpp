#pragma once
// The command line: what was asked for, checked as a whole before anything is connected.

#include "Url.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include <sys/types.h>

namespace bench {

enum class Mode : std::uint8_t { Echo, Fanout, Storm, Idle, Slow, Ramp, Pages };
enum class Kind : std::uint8_t { Binary, Ascii, Mixed, Json };  ///< of message; all but binary are text

/// Connections to one port of a server that one address of a client can have: the kernel's range of local ports.
inline constexpr std::size_t kConnectionsPerAddress = 28'000;
/// Every number that is 0 or absent here was not given.
struct Options {
    Mode mode{};
    std::string modeName, urlText;
    Url url;
    std::size_t connections = 64, inFlight = 1;
    double rate = 0;  ///< messages/s
    std::size_t size = 64;
    Kind kind = Kind::Binary;
    std::string kindName = "binary";
    bool deflate = false;
    double messages = 0;
    double seconds = 10;
    std::optional<double> warmUp;  ///< seconds; without it a fifth of `seconds` or of `messages`
    pid_t pid = 0;
    std::size_t addresses = 1, stalled = 0;
    double mostMs = 0;
    std::string ca;
    bool insecure = false, json = false;
};

/// Errors: std::invalid_argument with a sentence.
Options readOptions(std::span<char* const> arguments);

/// What teaches the command line.
extern const char* const kUsage;

}  // namespace bench
