#include <patchbay/web.hpp>

#include <array>
#include <cstdio>
#include <functional>
#include <utility>

namespace patchbay::web {
namespace {

std::string_view typeOf(std::string_view path) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kTypes{{
        {".html", "text/html; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".json", "application/json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".ico", "image/x-icon"},
        {".txt", "text/plain; charset=utf-8"},
        {".webmanifest", "application/manifest+json"},
    }};
    for (const auto& [ending, type] : kTypes) {
        if (path.ends_with(ending)) return type;
    }
    return "application/octet-stream";
}

std::string etagOf(std::string_view content) {
    std::array<char, 24> text;
    std::snprintf(text.data(), text.size(), "\"%zx\"", std::hash<std::string_view>{}(content));
    return text.data();
}

}  // namespace

void serve(ServerContainer& server, const std::string& prefix, const Pages& pages) {
    for (const Page& page : pages) {
        HttpHandler answer = [page, etag = etagOf(page.content)](const HttpRequest& request, HttpResponse& response) {
            response.setHeader("ETag", etag);
            response.setHeader("Cache-Control", "no-cache");
            response.setHeader("X-Content-Type-Options", "nosniff");
            if (request.header("If-None-Match") == etag) {
                response.status = 304;
            } else {
                response.write(typeOf(page.path), page.content);
            }
        };
        if (page.path == "index.html") server.handle("GET", prefix, answer);
        server.handle("GET", prefix + std::string{page.path}, std::move(answer));
    }
}

}  // namespace patchbay::web
