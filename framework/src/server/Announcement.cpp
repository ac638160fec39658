#include "server/Announcement.hpp"

#include <patchbay/printable.hpp>

#include <algorithm>
#include <optional>
#include <string_view>

namespace patchbay::server {
namespace {

constexpr std::size_t kTitleWidth = 15;
/// Of one row; the others are counted.
constexpr std::size_t kMostShown = 8;

void addRow(std::string& text, std::string_view title, std::string_view value) {
    std::string shown = printable(title);
    shown.resize(std::max(kTitleWidth, shown.size() + 2), ' ');
    text.append("  ").append(shown).append(printable(value)).append("\n");
}

void addList(std::string& text, std::string_view title, const std::vector<std::string>& values) {
    if (values.empty()) return;
    std::string list;
    for (std::size_t i = 0; i < std::min(values.size(), kMostShown); ++i) list.append(i == 0 ? "" : ", ").append(values[i]);
    if (values.size() > kMostShown) list.append(" and ").append(std::to_string(values.size() - kMostShown)).append(" more");
    addRow(text, title, list);
}

/// The path of `GET /files/{path...}` or `GET /files/` as a browser begins with it; nothing for another route.
std::optional<std::string_view> pageOf(std::string_view route) {
    if (!route.starts_with("GET ")) return std::nullopt;
    const std::string_view path = route.substr(4);
    if (path.ends_with("...}")) return path.substr(0, path.rfind('/') + 1);
    return path.ends_with('/') ? std::optional{path} : std::nullopt;
}

/// Is it a file of a page's, such as `GET /style.css`?
bool belongsToAPage(std::string_view route, const std::vector<std::string>& pages) {
    const std::string_view path = route.substr(route.find(' ') + 1);
    const std::string_view name = path.substr(path.rfind('/') + 1);
    if (!route.starts_with("GET ") || name.find('.') == name.npos || name.starts_with('{')) return false;
    return std::ranges::any_of(pages, [&](const std::string& page) { return path.starts_with(page); });
}

/// Where a browser on this machine finds it; empty where none can.
std::string browsable(const std::vector<std::string>& urls) {
    const auto url = std::ranges::find_if(urls, [](const std::string& one) { return one.starts_with("http"); });
    if (url == urls.end()) return {};
    for (const std::string_view everywhere : {"//0.0.0.0:", "//[::]:"}) {
        const std::size_t at = url->find(everywhere);
        if (at != std::string::npos) return url->substr(0, at) + "//localhost" + url->substr(at + everywhere.size() - 1);
    }
    return *url;
}

}  // namespace

std::string Announcement::text() const {
    std::vector<std::string> pages;
    for (const std::string& route : routes) {
        const auto page = pageOf(route);
        if (page && std::ranges::find(pages, *page) == pages.end()) pages.emplace_back(*page);
    }
    std::vector<std::string> requests;
    std::ranges::copy_if(routes, std::back_inserter(requests),
                         [&](const std::string& route) { return !pageOf(route) && !belongsToAPage(route, pages); });
    for (std::string& page : pages) page.insert(0, browsable(urls));

    std::string all;
    for (const std::string& url : urls) all.append("listening on ").append(url).append("\n");
    addList(all, "pages", pages);
    addList(all, "endpoints", endpoints);
    addList(all, "requests", requests);
    addList(all, "plugins", plugins);
    addList(all, "apps", apps);
    for (const auto& [title, value] : rows) addRow(all, title, value);
    addRow(all, "to stop", "Ctrl-C");
    return all;
}

}  // namespace patchbay::server
