#include "base/Suggest.hpp"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <vector>

namespace patchbay {
namespace {

constexpr std::size_t kLongestWord = 64;  // names are short; a peer's may not be

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

/// Letters to add, drop, change or swap with their neighbour, whatever their case (optimal string alignment).
std::size_t distance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> beforeLast(to.size() + 1), last(to.size() + 1), row(to.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= from.size(); ++i) {
        std::swap(beforeLast, last);
        std::swap(last, row);
        row[0] = i;
        for (std::size_t j = 1; j <= to.size(); ++j) {
            const bool equal = lower(from[i - 1]) == lower(to[j - 1]);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (equal ? 0 : 1)});
            if (i > 1 && j > 1 && lower(from[i - 1]) == lower(to[j - 2]) && lower(from[i - 2]) == lower(to[j - 1]))
                row[j] = std::min(row[j], beforeLast[j - 2] + 1);
        }
    }
    return row[to.size()];
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> known) {
    if (word.size() > kLongestWord) return {};
    std::string_view best;
    std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (const auto name : known) {
        if (const auto slips = distance(word, name); slips < least) {
            least = slips;
            best = name;
        }
    }
    return best;
}

std::string suggestion(std::string_view word, std::span<const std::string_view> known) {
    if (const auto name = nearest(word, known); !name.empty()) return " — did you mean \"" + std::string{name} + "\"?";
    std::string list;
    for (const auto name : known) list += (list.empty() ? " (known: " : ", ") + std::string{name};
    return list.empty() ? list : list + ")";
}

}  // namespace patchbay
