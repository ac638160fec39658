#include "Result.hpp"

#include <array>
#include <cmath>
#include <cstdio>

namespace bench {

namespace {

struct Share {
    const char *name, *title;
    double value;
};
constexpr std::array kShares{Share{"p50", "p50", 0.5}, Share{"p90", "p90", 0.9}, Share{"p99", "p99", 0.99},
                             Share{"p999", "p99.9", 0.999}};

constexpr double kBusy = 0.95;

template <class... Values>
std::string print(const char* format, Values... values) {
    std::array<char, 512> text{};
    std::snprintf(text.data(), text.size(), format, values...);
    return text.data();
}

double microseconds(Histogram::Nanoseconds value) { return static_cast<double>(value.count()) / 1e3; }

std::string bytes(double count) {
    constexpr std::array kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    while (count >= 1024 && unit + 1 < kUnits.size()) {
        count /= 1024;
        ++unit;
    }
    return print(unit == 0 ? "%.0f %s" : "%.1f %s", count, kUnits[unit]);
}

std::string title(const Options& options) {
    auto text = options.modeName + " " + options.urlText + ": " + grouped(static_cast<double>(options.connections)) +
                " connections";
    if (options.stalled != 0) text += " and " + grouped(static_cast<double>(options.stalled)) + " that never read";
    if (options.mode == Mode::Storm) return text + " at a time";
    if (options.mode == Mode::Ramp) text += ", from " + grouped(options.rate) + " messages/s on";
    if (options.mode != Mode::Ramp && options.rate > 0) text += ", " + grouped(options.rate) + " messages/s";
    if (options.rate == 0 && options.mode != Mode::Idle) {
        text += ", " + grouped(static_cast<double>(options.inFlight)) + " in flight" +
                (options.mode == Mode::Echo ? " each" : "");
    }
    return text + ", " + grouped(static_cast<double>(options.size)) + " B " + options.kindName +
           (options.deflate ? ", deflate" : "");
}

const char* counted(Mode mode) {
    switch (mode) {
        case Mode::Storm:
            return "handshakes";
        case Mode::Fanout:
        case Mode::Slow:
            return "deliveries";
        default:
            return "messages";
    }
}

std::string latencyRow(const Histogram& latency) {
    std::string text = "  latency      ";
    for (const auto& share : kShares)
        text += std::string{share.title} + " " + readable(latency.percentile(share.value)) + "   ";
    return text + "max " + readable(latency.max()) + "\n";
}

std::string serverRows(const Result& result) {
    const auto& server = *result.server;
    const double each = result.messages != 0 ? server.cpu.count() * 1e6 / static_cast<double>(result.messages) : 0;
    const double cores = result.time.count() > 0 ? server.cpu.count() / result.time.count() : 0;
    auto text =
        print("  server CPU   %.2f s, %.2f µs each, %.0f %% of a core\n", server.cpu.count(), each, cores * 100) +
        "  server RSS   " + bytes(static_cast<double>(server.resident)) + ", before the run " +
        bytes(static_cast<double>(server.residentBefore)) + "\n";
    if (result.residentPerConnection)
        text += "  at rest      " + bytes(*result.residentPerConnection) + " of RSS per connection\n";
    return text;
}

/// Figures that the load generator may have bounded are to be known as such.
std::string ownRow(const Result& result) {
    const double share = result.time.count() > 0 ? result.ownCpu / result.time : 0;
    return print("  bench CPU    %.0f %% of a core%s\n", share * 100,
                 share > kBusy ? ": patchbay-bench may be what bounds these figures" : "");
}

std::string stepRows(const Result& result) {
    std::string text = "        rate/s   answered/s          p50          p99          max\n";
    for (const auto& step : result.steps) {
        text += print("  %12s %12s %12s %12s %12s  %s\n", grouped(step.rate).c_str(), grouped(step.answered).c_str(),
                      readable(step.p50).c_str(), readable(step.p99).c_str(), readable(step.max).c_str(),
                      step.keptUp ? "" : "does not keep up");
    }
    return text + "  What follows is that of the highest rate that it kept up with.\n";
}

std::string quoted(const std::string& text) { return print("\"%s\"", text.c_str()); }

std::string serverMembers(const Result& result) {
    const auto& server = *result.server;
    auto text =
        print(", \"cpu_seconds\": %.9f, \"rss_before_bytes\": %llu, \"rss_bytes\": %llu", server.cpu.count(),
              static_cast<unsigned long long>(server.residentBefore), static_cast<unsigned long long>(server.resident));
    if (result.residentPerConnection)
        text += print(", \"rss_per_connection_bytes\": %.1f", *result.residentPerConnection);
    return text;
}

std::string stepMembers(const Result& result) {
    std::string text;
    for (const auto& step : result.steps) {
        text += print(
            "%s{\"rate\": %.3f, \"messages_per_second\": %.3f, \"kept_up\": %s, \"latency_us\": {\"p50\": %.3f, "
            "\"p99\": %.3f, "
            "\"max\": %.3f}}",
            text.empty() ? "" : ", ", step.rate, step.answered, step.keptUp ? "true" : "false", microseconds(step.p50),
            microseconds(step.p99), microseconds(step.max));
    }
    return ", \"rates\": [" + text + "]";
}

}  // namespace

std::string grouped(double number) {
    auto text = print("%.0f", std::round(number));
    for (auto place = static_cast<std::ptrdiff_t>(text.size()) - 3; place > 0; place -= 3) {
        text.insert(text.begin() + place, ' ');
    }
    return text;
}

std::string readable(Histogram::Nanoseconds duration) {
    const auto value = static_cast<double>(duration.count());
    if (value < 1e6) return print("%.1f µs", value / 1e3);
    return value < 1e9 ? print("%.2f ms", value / 1e6) : print("%.2f s", value / 1e9);
}

std::string asTable(const Options& options, const Result& result) {
    auto text = title(options) + "\n\n";
    if (options.mode == Mode::Ramp) text += stepRows(result) + "\n";
    text += print("  %-12s %s in %.2f s: %s per second\n", counted(options.mode),
                  grouped(static_cast<double>(result.messages)).c_str(), result.time.count(),
                  grouped(result.perSecond()).c_str());
    text += latencyRow(result.latency);
    const double seconds = result.time.count() > 0 ? result.time.count() : 1;
    text += "  traffic      " + bytes(static_cast<double>(result.bytesSent) / seconds) + "/s sent, " +
            bytes(static_cast<double>(result.bytesReceived) / seconds) + "/s received\n";
    text += ownRow(result);
    if (result.server) text += serverRows(result);
    return text;
}

std::string asJson(const Options& options, const Result& result) {
    auto text = "{\"mode\": " + quoted(options.modeName) +
                print(", \"messages\": %llu, \"seconds\": %.6f, \"messages_per_second\": %.3f, \"latency_us\": {",
                      static_cast<unsigned long long>(result.messages), result.time.count(), result.perSecond());
    for (const auto& share : kShares) {
        text += quoted(share.name) + print(": %.3f, ", microseconds(result.latency.percentile(share.value)));
    }
    text +=
        print("\"max\": %.3f}, \"errors\": %llu, \"bytes_sent\": %llu, \"bytes_received\": %llu",
              microseconds(result.latency.max()), static_cast<unsigned long long>(result.errors),
              static_cast<unsigned long long>(result.bytesSent), static_cast<unsigned long long>(result.bytesReceived));
    if (result.server) text += serverMembers(result);
    if (options.mode == Mode::Ramp) text += stepMembers(result);
    return text + "}\n";
}

}  // namespace bench
