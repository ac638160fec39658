#include "server/Logging.hpp"

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

void toPoco(log::Level level, std::string_view source, std::string_view line) {
    Poco::Logger& logger = Poco::Logger::root();
    const auto priority = priorityOf(level);
    if (!logger.is(priority)) return;
    const auto text = log::admitted(source, line);
    if (text) logger.log(Poco::Message{std::string{source}, *text, priority});
}

}  // namespace

void startLogging(const LoggingConfig& config) {
    Poco::AutoPtr<Poco::ConsoleChannel> console{new Poco::ConsoleChannel};
    Poco::AutoPtr<Poco::PatternFormatter> pattern{new Poco::PatternFormatter{"%Y-%m-%dT%H:%M:%S.%iZ %p %s: %t"}};
    Poco::AutoPtr<Poco::FormattingChannel> channel{new Poco::FormattingChannel{pattern, console}};
    Poco::Logger::root().setChannel(channel);
    Poco::Logger::root().setLevel(priorityOf(static_cast<log::Level>(config.level)));
    log::redirect(&toPoco, static_cast<log::Level>(config.level));
}

}  // namespace patchbay::server
