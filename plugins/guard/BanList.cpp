#include "BanList.hpp"

#include "Source.hpp"

#include <patchbay/printable.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace patchbay::guard {
namespace {

using std::chrono::system_clock;

/// More is no file of bans, and would be read again and again.
constexpr std::size_t kMostBytes = 4 * 1024 * 1024;
constexpr std::string_view kUntil = " until ", kBecause = " because ";

/// It stands in logs and on terminals as it is.
bool isPlain(std::string_view text) { return printable(text) == text; }

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r";
    const std::size_t first = text.find_first_not_of(kBlank);
    return first == std::string_view::npos ? std::string_view{} : text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// Of digits alone; nothing for anything else.
std::optional<int> number(std::string_view digits) {
    int value = 0;
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc{} && end == digits.data() + digits.size() ? std::optional{value} : std::nullopt;
}

/// `shape` has a 0 for each digit; what else is in it stands there.
bool hasShape(std::string_view text, std::string_view shape) {
    return std::ranges::equal(text, shape, [](char is, char wanted) { return wanted == '0' ? is >= '0' && is <= '9' : is == wanted; });
}

std::optional<system_clock::time_point> timeOf(std::string_view text) {
    const bool isDay = hasShape(text, "0000-00-00");
    if (!isDay && !hasShape(text, "0000-00-00T00:00:00Z")) return std::nullopt;
    const auto part = [&](std::size_t at, std::size_t count) { return *number(text.substr(at, count)); };
    const std::chrono::year_month_day day{std::chrono::year{part(0, 4)}, std::chrono::month{static_cast<unsigned>(part(5, 2))},
                                          std::chrono::day{static_cast<unsigned>(part(8, 2))}};
    if (!day.ok() || part(0, 4) > 2200) return std::nullopt;  // what the clock counts to
    if (isDay) return std::chrono::sys_days{day};
    const int hours = part(11, 2), minutes = part(14, 2), seconds = part(17, 2);
    if (hours > 23 || minutes > 59 || seconds > 59) return std::nullopt;
    return std::chrono::sys_days{day} + std::chrono::hours{hours} + std::chrono::minutes{minutes} + std::chrono::seconds{seconds};
}

}  // namespace

void requireWhom(const Ban& ban) {
    if (ban.of == Ban::Of::Address) return static_cast<void>(Network::of(ban.whom));
    if (ban.whom.empty()) throw std::invalid_argument{"the name of a user is empty; who has none is banned by his address"};
    if (ban.whom.size() > kLongestName) throw std::invalid_argument{"the name of a user is longer than 256 bytes"};
}

BanLine readBan(std::string_view line) {
    line = trimmed(line);
    BanLine read;
    Ban& ban = read.ban;
    if (const std::size_t because = line.find(kBecause); because != std::string_view::npos) {
        read.because = trimmed(line.substr(because + kBecause.size()));
        line = trimmed(line.substr(0, because));
    }
    if (const std::size_t until = line.rfind(kUntil); until != std::string_view::npos) {
        const std::string_view time = trimmed(line.substr(until + kUntil.size()));
        const auto end = timeOf(time);
        if (!end) throw std::invalid_argument{'"' + std::string{time} + "\" is no time; write 2026-12-24T18:00:00Z, or a day"};
        ban.end = *end;
        line = trimmed(line.substr(0, until));
    }
    const std::size_t space = std::min(line.find(' '), line.size());
    const std::string_view of = line.substr(0, space);
    if (of != "address" && of != "user") {
        throw std::invalid_argument{'"' + std::string{line} + "\" is no ban; write \"address 192.0.2.7\" or \"user bob until 2026-12-24T18:00:00Z\""};
    }
    ban.of = of == "user" ? Ban::Of::User : Ban::Of::Address;
    ban.whom = trimmed(line.substr(space));
    requireWhom(ban);
    if (!isPlain(ban.whom)) {
        throw std::invalid_argument{"the name " + printable(ban.whom) + " has bytes that are no UTF-8, or characters that nobody sees: who has it is banned by the "
                                    "application, or by his address"};
    }
    return read;
}

std::string textOf(system_clock::time_point time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const auto days = std::chrono::floor<std::chrono::days>(seconds);
    const std::chrono::year_month_day day{days};
    const std::chrono::hh_mm_ss clock{seconds - days};
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                  static_cast<unsigned>(day.day()), static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    return text.data();
}

std::string textOf(const BanLine& line) {
    std::string text = (line.ban.of == Ban::Of::User ? "user " : "address ") + line.ban.whom;
    if (line.ban.end != Ban::kForEver) text += std::string{kUntil} + textOf(line.ban.end);
    if (!line.because.empty()) text += std::string{kBecause} + line.because;
    if (isPlain(line.because) && text.find('\n') == std::string::npos && readBan(text) == line) return text;
    throw std::invalid_argument{'"' + printable(text) + "\" does not fit into a line: no line ends, blanks around it, \" until \" or \" because \" in a name"};
}

std::string readBanFile(const std::string& path) {
    std::ifstream file{path, std::ios::binary | std::ios::ate};
    const auto size = static_cast<std::streamoff>(file.tellg());
    if (!file || size < 0) throw std::invalid_argument{path + " cannot be read; make an empty file where nobody is banned"};
    if (static_cast<std::size_t>(size) > kMostBytes) throw std::invalid_argument{path + " has more than 4 MiB"};
    std::string text(static_cast<std::size_t>(size), '\0');
    file.seekg(0);
    file.read(text.data(), size);
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

void readBans(const std::string& path, std::string_view text, const std::function<void(std::string_view, std::optional<BanLine>)>& eachLine) {
    for (std::size_t lineNumber = 1; !text.empty(); ++lineNumber) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end), says = trimmed(line);
        text.remove_prefix(std::min(end + 1, text.size()));
        try {
            eachLine(line, says.empty() || says.starts_with('#') ? std::nullopt : std::optional{readBan(says)});
        } catch (const std::invalid_argument& error) {
            throw std::invalid_argument{path + ':' + std::to_string(lineNumber) + ": " + error.what()};
        }
    }
}

std::optional<std::vector<Ban>> BanFile::readIfChanged() {
    const std::lock_guard guard{lock_};
    try {
        std::string text = readBanFile(path_);
        if (read_ == text) return std::nullopt;
        read_ = std::move(text);
    } catch (const std::invalid_argument&) {
        if (std::exchange(failed_, true)) return std::nullopt;
        read_.reset();
        throw;
    }
    failed_ = false;
    std::vector<Ban> bans;
    readBans(path_, *read_, [&](std::string_view, std::optional<BanLine> line) {
        if (line) bans.push_back(std::move(line->ban));
    });
    return bans;
}

}  // namespace patchbay::guard
