#include "HttpDate.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace patchbay::web {
namespace {

using std::string_view;
using namespace std::chrono;

constexpr std::array<string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<string_view, 7> kLongDays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                               "Thursday", "Friday", "Saturday"};
constexpr std::array<string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Takes a date apart from the left. The first thing that is not as it should be makes all of it none.
class Reader {
public:
    explicit Reader(string_view text) noexcept : left_{text} {}

    void literal(string_view text) noexcept {
        if (!left_.starts_with(text)) failed_ = true;
        left_.remove_prefix(failed_ ? 0 : text.size());
    }
    template <std::size_t N>
    unsigned oneOf(const std::array<string_view, N>& names) noexcept {
        const auto found = std::ranges::find_if(names, [this](string_view name) { return left_.starts_with(name); });
        if (found == names.end()) {
            failed_ = true;
            return 0;
        }
        left_.remove_prefix(found->size());
        return static_cast<unsigned>(found - names.begin());
    }
    int digits(std::size_t count) noexcept {
        int value = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (left_.empty() || left_.front() < '0' || left_.front() > '9') {
                failed_ = true;
                return 0;
            }
            value = value * 10 + (left_.front() - '0');
            left_.remove_prefix(1);
        }
        return value;
    }
    bool skip(char c) noexcept {
        const bool found = left_.starts_with(c);
        if (found) left_.remove_prefix(1);
        return found;
    }
    /// All of it has been read, and was right.
    bool finished() const noexcept { return !failed_ && left_.empty(); }

private:
    string_view left_;
    bool failed_ = false;
};

struct Fields {
    int year = 0;
    unsigned month = 0;  // from 0
    int day = 0;
    int hours = 0, minutes = 0, seconds = 0;
};

void readTime(Reader& in, Fields& out) {
    out.hours = in.digits(2);
    in.literal(":");
    out.minutes = in.digits(2);
    in.literal(":");
    out.seconds = in.digits(2);
}

std::optional<HttpDate> toDate(const Fields& from) {
    const year_month_day date{year{from.year}, month{from.month + 1}, day{static_cast<unsigned>(from.day)}};
    constexpr int kLeapSecond = 60;  // of the grammar; it is taken for the next minute's first
    if (!date.ok() || from.hours > 23 || from.minutes > 59 || from.seconds > kLeapSecond) return std::nullopt;
    return sys_days{date} + hours{from.hours} + minutes{from.minutes} + seconds{from.seconds};
}

std::optional<HttpDate> parseFixdate(string_view text) {
    Reader in{text};
    Fields out;
    in.oneOf(kDays);
    in.literal(", ");
    out.day = in.digits(2);
    in.literal(" ");
    out.month = in.oneOf(kMonths);
    in.literal(" ");
    out.year = in.digits(4);
    in.literal(" ");
    readTime(in, out);
    in.literal(" GMT");
    return in.finished() ? toDate(out) : std::nullopt;
}

std::optional<HttpDate> parseRfc850(string_view text, HttpDate now) {
    Reader in{text};
    Fields out;
    in.oneOf(kLongDays);
    in.literal(", ");
    out.day = in.digits(2);
    in.literal("-");
    out.month = in.oneOf(kMonths);
    in.literal("-");
    const int ofCentury = in.digits(2);
    in.literal(" ");
    readTime(in, out);
    in.literal(" GMT");
    if (!in.finished()) return std::nullopt;
    // "Recipients of a timestamp value in rfc850-date format, which uses a two-digit year, MUST interpret a timestamp that
    // appears to be more than 50 years in the future as representing the most recent year in the past that had the same
    // last two digits."
    const int thisYear = static_cast<int>(year_month_day{floor<days>(now)}.year());
    out.year = thisYear - thisYear % 100 + ofCentury;
    if (out.year > thisYear + 50) out.year -= 100;
    return toDate(out);
}

std::optional<HttpDate> parseAsctime(string_view text) {
    Reader in{text};
    Fields out;
    in.oneOf(kDays);
    in.literal(" ");
    out.month = in.oneOf(kMonths);
    in.literal(" ");
    out.day = in.skip(' ') ? in.digits(1) : in.digits(2);
    in.literal(" ");
    readTime(in, out);
    in.literal(" ");
    out.year = in.digits(4);
    return in.finished() ? toDate(out) : std::nullopt;
}

}  // namespace

std::string formatHttpDate(HttpDate date) {
    const sys_days midnight = floor<days>(date);
    const year_month_day day{midnight};
    const hh_mm_ss time{date - midnight};
    std::array<char, 40> text;
    const int size = std::snprintf(
        text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT", kDays[weekday{midnight}.c_encoding()].data(),
        static_cast<unsigned>(day.day()), kMonths[static_cast<unsigned>(day.month()) - 1].data(),
        static_cast<int>(day.year()), static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
        static_cast<int>(time.seconds().count()));
    return {text.data(), static_cast<std::size_t>(size)};
}

std::optional<HttpDate> parseHttpDate(string_view text, HttpDate now) {
    if (const auto date = parseFixdate(text)) return date;
    if (const auto date = parseRfc850(text, now)) return date;
    return parseAsctime(text);
}

}  // namespace patchbay::web
