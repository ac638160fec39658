#include "server/Logging.hpp"

#include "base/LineBudget.hpp"
#include "base/Log.hpp"

#include <Poco/AutoPtr.h>
#include <Poco/ConsoleChannel.h>
#include <Poco/FormattingChannel.h>
#include <Poco/Logger.h>
#include <Poco/Message.h>
#include <Poco/PatternFormatter.h>

namespace patchbay::server {
namespace {

Poco::Message::Priority priorityOf(log::Level level) noexcept {
    switch (level) {
        case log::Level::Debug: return Poco::Message::PRIO_DEBUG;
        case log::Level::Info: return Poco::Message::PRIO_INFORMATION;
        case log::Level::Warning: return Poco::Message::PRIO_WARNING;
        case log::Level::Error: return Poco::Message::PRIO_ERROR;
    }
    return Poco::Message::PRIO_ERROR;
}

/// What a peer sent may be part of a line; it must not look like a line of its own.
std::string indented(std::string_view text) {
    std::string lines;
    for (const char c : text) lines.append(c == '\n' ? "\n    " : std::string_view{&c, 1});
    return lines;
}

void toPoco(log::Level level, std::string_view source, std::string_view line) {
    Poco::Logger& logger = Poco::Logger::root();
    const auto priority = priorityOf(level);
    if (!logger.is(priority)) return;
    static log::LineBudget budget;
    const auto [admitted, leftOut] = budget.ask(source, log::LineBudget::Clock::now());
    if (!admitted) return;
    std::string text = indented(line);
    if (leftOut != 0) text += " (" + std::to_string(leftOut) + " lines before this one were left out)";
    logger.log(Poco::Message{std::string{source}, text, priority});
}

}  // namespace

void startLogging(const LoggingConfig& config) {
    Poco::AutoPtr<Poco::ConsoleChannel> console{new Poco::ConsoleChannel};
    Poco::AutoPtr<Poco::PatternFormatter> pattern{new Poco::PatternFormatter{"%Y-%m-%dT%H:%M:%S.%iZ %p %s: %t"}};
    Poco::AutoPtr<Poco::FormattingChannel> channel{new Poco::FormattingChannel{pattern, console}};
    Poco::Logger::root().setChannel(channel);
    Poco::Logger::root().setLevel(priorityOf(static_cast<log::Level>(config.level)));
    log::redirect(&toPoco);
}

}  // namespace patchbay::server
