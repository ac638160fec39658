#pragma once
// The log: a line about something worth knowing, from an application as from the framework, in one format whatever the server
// was started by (runApplication, Server::run, the test kit).
//
//     patchbay::log::info("polls", "the poll 'lunch' has been closed");
//
//     2026-11-28T07:24:04.123Z Information polls: the poll 'lunch' has been closed
//
// It goes to standard error. Whatever is in it is shown printable, since much of it comes from peers; further lines of a text are
// indented. A source that says more than 50 lines in a second loses the others, and its next one says how many.

#include <cstdint>
#include <string_view>

namespace patchbay::log {

/// Shown from the one on that `logging.level` says in YAML; without a configuration, from Info on.
enum class Level : std::uint8_t {
    Debug,    ///< for who looks for something: each session that ends, for one
    Info,     ///< an operator may want to know
    Warning,  ///< works, but not for long or not as meant
    Error,    ///< something was not done
};

/// `source` is who speaks, in a word: an endpoint's path, a plugin's name.   Errors: none.   Thread: any.
void write(Level level, std::string_view source, std::string_view line) noexcept;

inline void debug(std::string_view source, std::string_view line) noexcept { write(Level::Debug, source, line); }
inline void info(std::string_view source, std::string_view line) noexcept { write(Level::Info, source, line); }
inline void warning(std::string_view source, std::string_view line) noexcept { write(Level::Warning, source, line); }
inline void error(std::string_view source, std::string_view line) noexcept { write(Level::Error, source, line); }

}  // namespace patchbay::log
