#include <patchbay/detail/ConfigReader.hpp>

#include "base/Quotes.hpp"
#include "base/Suggest.hpp"

#include <cctype>
#include <charconv>
#include <set>

namespace patchbay::detail::config {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t factor;
};

constexpr std::array kSizes{Unit{"B", 1}, Unit{"KiB", std::int64_t{1} << 10}, Unit{"MiB", std::int64_t{1} << 20},
                            Unit{"GiB", std::int64_t{1} << 30}};
constexpr std::array kDurations{Unit{"us", 1}, Unit{"ms", 1'000}, Unit{"s", 1'000'000}, Unit{"min", 60'000'000},
                                Unit{"h", 3'600'000'000}};

/// Keys of earlier versions.
struct Renamed {
    std::string_view before, now;
};
constexpr std::array kRenamed{Renamed{"maxMessage", "maxMessageSize"}};

std::string shown(const ConfigNode& node) {
    switch (node.kind) {
        case ConfigNode::Kind::Map:
            return "a map";
        case ConfigNode::Kind::List:
            return "a list";
        case ConfigNode::Kind::Text:
            return inQuotes(node.text);
        case ConfigNode::Kind::Nothing:
            break;
    }
    return "nothing";
}

std::string lower(std::string_view text) {
    std::string result{text};
    for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return result;
}

/// The unit that somebody who wrote `unit` may have meant.
std::string_view meantSize(std::string_view unit) {
    const std::string text = lower(unit);
    if (text == "b" || text == "byte" || text == "bytes") return "B";
    if (text.starts_with('k')) return "KiB";
    if (text.starts_with('m')) return "MiB";
    if (text.starts_with('g')) return "GiB";
    return {};
}

std::string_view meantDuration(std::string_view unit) {
    const std::string text = lower(unit);
    if (text.starts_with("us") || text.starts_with("mic") || text == "µs") return "us";
    if (text.starts_with("ms") || text.starts_with("mil")) return "ms";
    if (text.starts_with('s')) return "s";
    if (text.starts_with('m')) return "min";
    if (text.starts_with('h')) return "h";
    return {};
}

/// A kind of number with a unit, and how its problems are told.
struct Measure {
    std::span<const Unit> units;
    std::string_view example;
    std::string_view known;
    std::string_view (*meant)(std::string_view unit);
    std::string_view likely;  ///< the unit to propose for a bare number
    std::int64_t most;        ///< of the smallest unit
};

constexpr Measure kSize{kSizes,    "64KiB", "B, KiB, MiB, GiB",
                        meantSize, "KiB",   std::numeric_limits<std::int64_t>::max()};
constexpr Measure kDuration{kDurations,    "5s", "us, ms, s, min, h",
                            meantDuration, "s",  8'760 * kDurations.back().factor};

void wrongUnit(const ConfigPlace& at, const Measure& measure, std::string_view digits, std::string_view unit) {
    const auto meant = measure.meant(unit);
    std::string text = inQuotes(unit) + " is no unit (known: " + std::string{measure.known} + ")";
    if (!meant.empty()) text += "; did you mean " + std::string{digits}.append(meant) + "?";
    at.problem(text);
}

std::optional<std::int64_t> readMeasure(const ConfigPlace& at, const Measure& measure, std::string_view what) {
    const auto text = scalar(at, std::string{what} + ", e.g. " + std::string{measure.example});
    if (!text) return std::nullopt;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    const std::string_view digits{text->data(), end};
    auto unit = std::string_view{*text}.substr(digits.size());
    if (unit.starts_with(' ')) unit.remove_prefix(1);
    if (error == std::errc::invalid_argument || unit.starts_with('.')) {
        at.problem(inQuotes(*text) + " is no " + std::string{what} + "; write a whole number and its unit, e.g. " +
                   std::string{measure.example});
    } else if (number < 0) {
        at.problem(inQuotes(*text) + " is negative");
    } else if (unit.empty()) {
        at.problem(inQuotes(*text) + " has no unit; write e.g. " + std::string{digits}.append(measure.likely) +
                   " (known units: " + std::string{measure.known} + ")");
    } else if (const auto found = std::find_if(measure.units.begin(), measure.units.end(),
                                               [&](const Unit& u) { return u.name == unit; });
               found == measure.units.end()) {
        wrongUnit(at, measure, digits, unit);
    } else if (error != std::errc{} || number > measure.most / found->factor) {
        at.problem(inQuotes(*text) + " is too large");
    } else {
        return number * found->factor;
    }
    return std::nullopt;
}

/// `DropOldest` as the configuration spells it.
std::string dashed(std::string_view name) {
    std::string text;
    for (const char c : name) {
        const bool upper = std::isupper(static_cast<unsigned char>(c)) != 0;
        if (upper && !text.empty()) text += '-';
        text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return text;
}

}  // namespace

ConfigPlace ConfigPlace::member(const std::string& name, const ConfigNode& value, int keyLine) const {
    bool plain = !name.empty();
    for (const char c : name) plain = plain && isNameChar(c);
    const std::string step = plain ? (path.empty() ? name : '.' + name) : '[' + inQuotes(name) + ']';
    return {value, path + step, keyLine, file, problems};
}

ConfigPlace ConfigPlace::element(std::size_t index) const {
    const ConfigNode& value = node.elements.at(index);
    return {value, path + '[' + std::to_string(index) + ']', value.line, file, problems};
}

void ConfigPlace::problem(const std::string& text) const {
    problems.push_back({file, line, path.empty() ? text : path + ": " + text});
}

std::vector<std::pair<std::string, ConfigPlace>> members(const ConfigPlace& at) {
    std::vector<std::pair<std::string, ConfigPlace>> found;
    if (at.node.kind != ConfigNode::Kind::Map) {
        at.problem("expected keys and values, got " + shown(at.node));
        return found;
    }
    std::set<std::string> seen;
    for (std::size_t i = 0; i < at.node.keys.size(); ++i) {
        const ConfigNode& key = at.node.keys[i];
        const bool plain = key.kind == ConfigNode::Kind::Text;
        const ConfigPlace place = at.member(plain ? key.text : "?", at.node.elements[i], key.line);
        if (!plain) {
            place.problem("a key must be a plain word");
        } else if (!seen.insert(key.text).second) {
            place.problem("is there twice");
        } else {
            found.emplace_back(key.text, place);
        }
    }
    return found;
}

std::vector<ConfigPlace> elements(const ConfigPlace& at) {
    std::vector<ConfigPlace> found;
    if (at.node.kind != ConfigNode::Kind::List) {
        const bool one = at.node.kind == ConfigNode::Kind::Text;
        at.problem("expected a list, got " + shown(at.node) + (one ? "; write [ " + at.node.text + " ]" : ""));
        return found;
    }
    for (std::size_t i = 0; i < at.node.elements.size(); ++i) found.push_back(at.element(i));
    return found;
}

void unknownKey(const ConfigPlace& at, std::string_view key, std::span<const std::string_view> known) {
    const auto* const renamed = std::ranges::find(kRenamed, key, &Renamed::before);
    const bool isHere = renamed != kRenamed.end() && std::ranges::find(known, renamed->now) != known.end();
    at.problem(isHere ? "is called " + std::string{renamed->now} + " now" : "there is no such key" + suggestion(key, known));
}

std::optional<std::string> scalar(const ConfigPlace& at, std::string_view expected) {
    if (at.node.kind == ConfigNode::Kind::Text) return at.node.text;
    const std::string hint = at.node.kind == ConfigNode::Kind::Nothing ? "; leave the key out for its default" : "";
    at.problem("expected " + std::string{expected} + ", got " + shown(at.node) + hint);
    return std::nullopt;
}

std::optional<bool> readBool(const ConfigPlace& at) {
    const auto text = scalar(at, "true or false");
    if (!text) return std::nullopt;
    if (*text == "true") return true;
    if (*text == "false") return false;
    at.problem("expected true or false, got " + inQuotes(*text));
    return std::nullopt;
}

std::optional<std::int64_t> readInteger(const ConfigPlace& at, std::int64_t lowest, std::int64_t highest) {
    const auto text = scalar(at, "a whole number");
    if (!text) return std::nullopt;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (end != text->data() + text->size() || error == std::errc::invalid_argument) {
        at.problem("expected a whole number, got " + inQuotes(*text));
    } else if (error != std::errc{} || number < lowest || number > highest) {
        at.problem(*text + " is not between " + std::to_string(lowest) + " and " + std::to_string(highest));
    } else {
        return number;
    }
    return std::nullopt;
}

std::optional<std::size_t> readSize(const ConfigPlace& at) {
    const auto bytes = readMeasure(at, kSize, "size");
    return bytes ? std::optional{static_cast<std::size_t>(*bytes)} : std::nullopt;
}

std::optional<std::chrono::microseconds> readDuration(const ConfigPlace& at) {
    if (at.node.kind == ConfigNode::Kind::Text && at.node.text == "off") return std::chrono::microseconds{0};
    const auto count = readMeasure(at, kDuration, "duration");
    return count ? std::optional{std::chrono::microseconds{*count}} : std::nullopt;
}

std::optional<std::size_t> readEnumerator(const ConfigPlace& at, std::span<const std::string_view> names) {
    std::vector<std::string> spelled;
    for (const auto name : names) spelled.push_back(dashed(name));
    const std::vector<std::string_view> known{spelled.begin(), spelled.end()};
    const auto text = scalar(at, "a word" + suggestion("", known));
    if (!text) return std::nullopt;
    const auto found = std::find(spelled.begin(), spelled.end(), *text);
    if (found != spelled.end()) return static_cast<std::size_t>(found - spelled.begin());
    at.problem(inQuotes(*text) + " is not known here" + suggestion(*text, known));
    return std::nullopt;
}

void tooFine(const ConfigPlace& at, std::string_view unit) {
    at.problem(inQuotes(at.node.text) + " is no whole number of " + std::string{unit});
}

namespace {

/// With the largest unit that leaves no rest.
std::string inUnits(std::int64_t number, std::span<const Unit> units) {
    const Unit* best = &units.front();
    for (const Unit& unit : units) {
        if (number % unit.factor == 0) best = &unit;
    }
    return std::to_string(number / best->factor).append(best->name);
}

}  // namespace

std::string shownSize(std::size_t bytes) { return bytes == 0 ? "0B" : inUnits(static_cast<std::int64_t>(bytes), kSizes); }
std::string shownDuration(std::chrono::microseconds duration) {
    return duration.count() == 0 ? "off" : inUnits(duration.count(), kDurations);
}
std::string shownEnumerator(std::string_view name) { return dashed(name); }

}  // namespace patchbay::detail::config
