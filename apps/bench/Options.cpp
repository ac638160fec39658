#include "Options.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <stdexcept>
#include <string_view>

namespace bench {

namespace {

constexpr double kMost = 1e15;
constexpr std::size_t kMostAddresses = 254;
constexpr std::size_t kSmallestMessage = 8, kSmallestJson = 64, kLargestMessage = std::size_t{1} << 30;

using Text = std::string_view;

[[noreturn]] void misused(const std::string& sentence) { throw std::invalid_argument{sentence}; }

double numberOf(Text option, Text text, double least) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !(value >= least && value <= kMost)) {
        misused(std::string{option} + " takes a number" + (least > 0 ? " above 0" : "") + ", not '" + std::string{text} +
              "'");
    }
    return value;
}

std::size_t countOf(Text option, Text text) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value == 0 || value > kLargestMessage) {
        misused(std::string{option} + " takes a whole number from 1 on, not '" + std::string{text} + "'");
    }
    return value;
}

bool yesOf(Text option, Text text) {
    if (text != "yes" && text != "no") misused(std::string{option} + " takes yes or no, not '" + std::string{text} + "'");
    return text == "yes";
}

template <class Value>
struct Named {
    Text name;
    Value value;
};
constexpr Named<Mode> kModes[]{{"echo", Mode::Echo}, {"fanout", Mode::Fanout}, {"storm", Mode::Storm},
                               {"idle", Mode::Idle}, {"slow", Mode::Slow},     {"ramp", Mode::Ramp},
                               {"pages", Mode::Pages}};
constexpr Named<Kind> kKinds[]{
    {"binary", Kind::Binary}, {"ascii", Kind::Ascii}, {"mixed", Kind::Mixed}, {"json", Kind::Json}};

template <class Value, std::size_t Count>
Value valueOf(const Named<Value> (&table)[Count], Text what, Text name) {
    std::string known;
    for (const auto& row : table) {
        if (row.name == name) return row.value;
        known += (known.empty() ? "" : ", ") + std::string{row.name};
    }
    misused("there is no " + std::string{what} + " '" + std::string{name} + "', but " + known);
}

using Setter = void (*)(Options&, Text option, Text value);
constexpr Named<Setter> kSetters[]{
    {"--connections", [](Options& o, Text n, Text v) { o.connections = countOf(n, v); }},
    {"--in-flight", [](Options& o, Text n, Text v) { o.inFlight = countOf(n, v); }},
    {"--rate", [](Options& o, Text n, Text v) { o.rate = numberOf(n, v, std::numeric_limits<double>::min()); }},
    {"--size", [](Options& o, Text n, Text v) { o.size = countOf(n, v); }},
    {"--message", [](Options& o, Text, Text v) { o.kind = valueOf(kKinds, "kind of message", v), o.kindName = v; }},
    {"--deflate", [](Options& o, Text n, Text v) { o.deflate = yesOf(n, v); }},
    {"--messages", [](Options& o, Text n, Text v) { o.messages = numberOf(n, v, 1); }},
    {"--seconds", [](Options& o, Text n, Text v) { o.seconds = numberOf(n, v, std::numeric_limits<double>::min()); }},
    {"--warm-up", [](Options& o, Text n, Text v) { o.warmUp = numberOf(n, v, 0); }},
    {"--pid", [](Options& o, Text n, Text v) { o.pid = static_cast<pid_t>(countOf(n, v)); }},
    {"--addresses", [](Options& o, Text n, Text v) { o.addresses = countOf(n, v); }},
    {"--stalled", [](Options& o, Text n, Text v) { o.stalled = countOf(n, v); }},
    {"--most-ms", [](Options& o, Text n, Text v) { o.mostMs = numberOf(n, v, std::numeric_limits<double>::min()); }},
    {"--ca", [](Options& o, Text, Text v) { o.ca = v; }},
    {"--insecure", [](Options& o, Text n, Text v) { o.insecure = yesOf(n, v); }},
    {"--json", [](Options& o, Text n, Text v) { o.json = yesOf(n, v); }},
};

void checkMode(const Options& options) {
    const auto needs = [&](bool fine, const char* what) {
        if (!fine) misused(options.modeName + " " + what);
    };
    const bool slow = options.mode == Mode::Slow, ramp = options.mode == Mode::Ramp;
    const bool pages = options.mode == Mode::Pages, http = options.url.scheme == Scheme::Http;
    needs(pages == http || !pages, "asks for pages: give an http:// URL");
    needs((options.url.scheme != Scheme::Tcp || options.mode == Mode::Echo) && (pages || !http),
          "speaks WebSocket: give a ws:// or wss:// URL");
    needs(slow == (options.stalled != 0),
          slow ? "needs --stalled N, how many never read" : "has no --stalled connections");
    needs(!ramp || options.rate > 0, "needs --rate R, the messages per second to begin with");
    needs(ramp || options.mostMs == 0, "does not take --most-ms, which ends a ramp");
    needs(options.rate == 0 || (options.mode != Mode::Storm && options.mode != Mode::Idle), "does not take --rate");
    needs(options.rate == 0 || options.inFlight == 1, "takes --in-flight or --rate, not both");
}

void checkMessages(const Options& options) {
    const auto least = options.kind == Kind::Json ? kSmallestJson : kSmallestMessage;
    if (options.size < least) {
        misused("--size is at least " + std::to_string(least) + " for " + options.kindName +
              " messages: each holds its number");
    }
    if (options.mode == Mode::Pages && (options.deflate || options.kind != Kind::Binary))
        misused("pages takes neither --deflate nor --message: the server has what it serves");
    if (options.url.scheme == Scheme::Tcp && (options.deflate || options.kind == Kind::Json)) {
        misused("tcp:// has neither --deflate nor --message json: bytes come back as they are");
    }
    if (options.url.scheme != Scheme::Wss && (options.insecure || !options.ca.empty())) {
        misused("--ca and --insecure are for wss:// URLs");
    }
}

void checkAddresses(const Options& options) {
    if (options.addresses > kMostAddresses) misused("--addresses is at most " + std::to_string(kMostAddresses));
    const auto all = options.connections + options.stalled;
    if (all <= kConnectionsPerAddress * options.addresses) return;
    misused(std::to_string(all) + " connections are more than the 28000 local ports of an address: add --addresses " +
          std::to_string((all + kConnectionsPerAddress - 1) / kConnectionsPerAddress));
}

}  // namespace

Options readOptions(std::span<char* const> arguments) {
    if (arguments.size() < 2) misused("give a mode and a URL");
    Options options;
    options.modeName = arguments[0];
    options.mode = valueOf(kModes, "mode", arguments[0]);
    options.urlText = arguments[1];
    options.url = parseUrl(arguments[1]);
    for (arguments = arguments.subspan(2); !arguments.empty(); arguments = arguments.subspan(2)) {
        const Text name = arguments[0];
        const auto found = std::ranges::find(kSetters, name, &Named<Setter>::name);
        if (found == std::ranges::end(kSetters)) misused("there is no option '" + std::string{name} + "'");
        if (arguments.size() < 2) misused(std::string{name} + " needs a value");
        found->value(options, name, arguments[1]);
    }
    checkMode(options);
    checkMessages(options);
    checkAddresses(options);
    return options;
}

}  // namespace bench
