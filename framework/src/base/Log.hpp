#pragma once
// Where log lines go. It is decided once, by `server` (POCO's logging) or a test.

#include <patchbay/log.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace patchbay::log {

/// Gets every line, printable: whoever's text is in it, no terminal obeys it.   Thread: any, several at once.   Errors: must not throw.
using Sink = void (*)(Level, std::string_view source, std::string_view line);

/// Sends later lines to `sink`, from `least` on: what is below costs no more than this question. nullptr is the default: standard
/// error, without debug lines. Returns the sink that was there.
Sink redirect(Sink sink, Level least = Level::Debug) noexcept;

/// Whether anybody reads lines of this level: who would have to make one asks first.   Thread: any.
bool isRead(Level level) noexcept;

/// `line` as it is shown: what a peer sent may be part of it, and must not look like a line of its own; lines of its source that were
/// left out before it are told. Nothing when this one is left out too.   Thread: any.
std::optional<std::string> admitted(std::string_view source, std::string_view line);

/// The whole line, with its end. What POCO's pattern in server/Logging.cpp makes of the same.
std::string shown(std::chrono::system_clock::time_point time, Level level, std::string_view source, std::string_view text);

}  // namespace patchbay::log
