#include "ContentCoding.hpp"

#include "Lists.hpp"

#include <algorithm>
#include <optional>

namespace patchbay::web {
namespace {

constexpr int kMost = 1000;

/// weight = OWS ";" OWS "q=" qvalue; qvalue = "0" [ "." 0*3DIGIT ] | "1" [ "." 0*3("0") ]
std::optional<int> readQuality(std::string_view text) noexcept {
    if (text.size() < 3 || text.size() > 7 || (text[0] | 0x20) != 'q' || text[1] != '=') return std::nullopt;
    if (text[2] != '0' && text[2] != '1') return std::nullopt;
    int value = (text[2] - '0') * kMost;
    if (text.size() == 3) return value;
    if (text[3] != '.') return std::nullopt;
    int place = kMost / 10;
    for (const char c : text.substr(4)) {
        if (c < '0' || c > '9') return std::nullopt;
        value += (c - '0') * place;
        place /= 10;
    }
    return value <= kMost ? std::optional{value} : std::nullopt;
}

bool names(std::string_view coding, const CodingName& row) noexcept {
    if (row.coding == Coding::Identity) return equalsIgnoringCase(coding, "identity");
    // RFC 9110 §8.4.1.3: "A recipient SHOULD consider "x-gzip" to be equivalent to "gzip"."
    return equalsIgnoringCase(coding, row.name) || (row.coding == Coding::Gzip && equalsIgnoringCase(coding, "x-gzip"));
}

/// Each coding's quality, in thousandths. RFC 9110 §12.5.3: without a word about it identity is acceptable, others are not.
std::array<int, kCodings.size()> readQualities(std::string_view acceptEncoding) noexcept {
    std::array<std::optional<int>, kCodings.size()> said;
    std::optional<int> others;
    forEachElement(acceptEncoding, [&](std::string_view element) {
        const std::size_t end = std::min(element.find(';'), element.size());
        const std::string_view coding = trimmed(element.substr(0, end));
        const auto quality = end == element.size() ? std::optional{kMost} : readQuality(trimmed(element.substr(end + 1)));
        if (!quality) return;
        if (coding == "*") others = quality;
        for (const CodingName& row : kCodings)
            if (names(coding, row)) said[static_cast<std::size_t>(row.coding)] = quality;
    });
    std::array<int, kCodings.size()> qualities{0, 0, 1};
    for (std::size_t i = 0; i < said.size(); ++i) qualities[i] = said[i].value_or(others.value_or(qualities[i]));
    return qualities;
}

}  // namespace

Preferences::Preferences(std::string_view acceptEncoding) noexcept {
    const auto qualities = readQualities(acceptEncoding);
    const auto quality = [&](Coding coding) { return qualities[static_cast<std::size_t>(coding)]; };
    for (const CodingName& row : kCodings) {
        if (row.coding == Coding::Identity) continue;
        if (quality(row.coding) > 0 && quality(row.coding) >= quality(Coding::Identity)) order_[count_++] = row.coding;
    }
    std::ranges::stable_sort(std::span{order_}.first(count_), std::ranges::greater{}, quality);
    order_[count_++] = Coding::Identity;
}

}  // namespace patchbay::web
