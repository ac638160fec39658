#pragma once
// One line about something worth knowing. Where it goes is decided once, by `server` (POCO's logging) or a test.

#include <cstdint>
#include <string_view>

namespace patchbay::log {

enum class Level : std::uint8_t { Debug, Info, Warning, Error };

/// Gets every line, printable: whoever's text is in it, no terminal obeys it.   Thread: any, several at once.   Errors: must not throw.
using Sink = void (*)(Level, std::string_view source, std::string_view line);

/// Sends later lines to `sink`; nullptr is the default: standard error, without debug lines. Returns the sink that
/// was there.
Sink redirect(Sink sink) noexcept;

void write(Level level, std::string_view source, std::string_view line) noexcept;

inline void info(std::string_view source, std::string_view line) noexcept { write(Level::Info, source, line); }
inline void warning(std::string_view source, std::string_view line) noexcept { write(Level::Warning, source, line); }
inline void error(std::string_view source, std::string_view line) noexcept { write(Level::Error, source, line); }

}  // namespace patchbay::log
