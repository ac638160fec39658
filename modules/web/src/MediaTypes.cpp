#include "MediaTypes.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace patchbay::web {
namespace {

struct Row {
    std::string_view ending;
    MediaType type;
};

constexpr std::size_t kLongestEnding = 11;

// Sorted by ending.
constexpr std::array kTypes{
    Row{"aac", {"audio/aac", false}},
    Row{"avif", {"image/avif", false}},
    Row{"bmp", {"image/bmp", true}},
    Row{"css", {"text/css; charset=utf-8", true}},
    Row{"csv", {"text/csv; charset=utf-8", true}},
    Row{"flac", {"audio/flac", false}},
    Row{"gif", {"image/gif", false}},
    Row{"gz", {"application/gzip", false}},
    Row{"htm", {"text/html; charset=utf-8", true}},
    Row{"html", {"text/html; charset=utf-8", true}},
    Row{"ico", {"image/x-icon", true}},
    Row{"ics", {"text/calendar; charset=utf-8", true}},
    Row{"jpeg", {"image/jpeg", false}},
    Row{"jpg", {"image/jpeg", false}},
    Row{"js", {"text/javascript; charset=utf-8", true}},
    Row{"json", {"application/json", true}},
    Row{"jsonld", {"application/ld+json", true}},
    Row{"m4a", {"audio/mp4", false}},
    Row{"map", {"application/json", true}},
    Row{"md", {"text/markdown; charset=utf-8", true}},
    Row{"mjs", {"text/javascript; charset=utf-8", true}},
    Row{"mp3", {"audio/mpeg", false}},
    Row{"mp4", {"video/mp4", false}},
    Row{"oga", {"audio/ogg", false}},
    Row{"ogg", {"audio/ogg", false}},
    Row{"ogv", {"video/ogg", false}},
    Row{"opus", {"audio/ogg", false}},
    Row{"otf", {"font/otf", true}},
    Row{"pdf", {"application/pdf", false}},
    Row{"png", {"image/png", false}},
    Row{"svg", {"image/svg+xml", true}},
    Row{"tar", {"application/x-tar", true}},
    Row{"tif", {"image/tiff", false}},
    Row{"tiff", {"image/tiff", false}},
    Row{"ttf", {"font/ttf", true}},
    Row{"txt", {"text/plain; charset=utf-8", true}},
    Row{"vtt", {"text/vtt; charset=utf-8", true}},
    Row{"wasm", {"application/wasm", true}},
    Row{"wav", {"audio/wav", false}},
    Row{"webm", {"video/webm", false}},
    Row{"webmanifest", {"application/manifest+json", true}},
    Row{"webp", {"image/webp", false}},
    Row{"woff", {"font/woff", false}},
    Row{"woff2", {"font/woff2", false}},
    Row{"xml", {"application/xml", true}},
    Row{"zip", {"application/zip", false}},
    Row{"zst", {"application/zstd", false}},
};
static_assert(std::ranges::is_sorted(kTypes, {}, &Row::ending));
static_assert(std::ranges::all_of(kTypes, [](const Row& row) { return row.ending.size() <= kLongestEnding; }));

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

MediaType mediaTypeOf(std::string_view path) noexcept {
    constexpr MediaType kUnknown{"application/octet-stream", false};
    const std::size_t dot = path.rfind('.');
    if (dot == std::string_view::npos) return kUnknown;
    const std::string_view ending = path.substr(dot + 1);
    if (ending.size() > kLongestEnding) return kUnknown;
    std::array<char, kLongestEnding> lowered{};
    std::ranges::transform(ending, lowered.begin(), lower);
    const std::string_view wanted{lowered.data(), ending.size()};
    const auto found = std::ranges::lower_bound(kTypes, wanted, {}, &Row::ending);
    return found != kTypes.end() && found->ending == wanted ? found->type : kUnknown;
}

}  // namespace patchbay::web
