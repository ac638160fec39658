#include "server/Announcement.hpp"

#include <gtest/gtest.h>

namespace patchbay::server {
namespace {

TEST(Announcement, NamesEachKindOfWhatIsServedInARowOfItsOwn) {
    const Announcement all{
        .urls = {"http://127.0.0.1:8080", "unix:/run/chat.sock"},
        .endpoints = {"/chat/{room}", "/echo"},
        .routes = {"GET /", "GET /index.html", "GET /style.css", "POST /polls/{room}", "GET /polls"},
        .plugins = {"heartbeat 0.1.0", "compression 0.1.0"},
        .apps = {"chat 0.1.0"},
        .rows = {{"configuration", "patchbay.yaml"}},
    };
    EXPECT_EQ(all.text(), "listening on http://127.0.0.1:8080\n"
                          "listening on unix:/run/chat.sock\n"
                          "  pages          http://127.0.0.1:8080/\n"
                          "  endpoints      /chat/{room}, /echo\n"
                          "  requests       POST /polls/{room}, GET /polls\n"
                          "  plugins        heartbeat 0.1.0, compression 0.1.0\n"
                          "  apps           chat 0.1.0\n"
                          "  configuration  patchbay.yaml\n"
                          "  to stop        Ctrl-C\n");
}

TEST(Announcement, LeavesOutWhatThereIsNot) {
    EXPECT_EQ((Announcement{.urls = {"http://127.0.0.1:1"}, .endpoints = {"/echo"}}.text()),
              "listening on http://127.0.0.1:1\n  endpoints      /echo\n  to stop        Ctrl-C\n");
}

TEST(Announcement, PointsABrowserAtPagesWhereItFindsThem) {
    const auto pages = [](std::vector<std::string> urls, std::vector<std::string> routes) {
        const std::string text = Announcement{.urls = std::move(urls), .routes = std::move(routes)}.text();
        const std::size_t at = text.find("  pages          ");
        return at == text.npos ? "" : text.substr(at + 17, text.find('\n', at) - at - 17);
    };
    EXPECT_EQ(pages({"https://0.0.0.0:8443"}, {"GET /"}), "https://localhost:8443/");
    EXPECT_EQ(pages({"http://[::]:8080"}, {"GET /"}), "http://localhost:8080/");
    EXPECT_EQ(pages({"unix:/run/x", "http://chat.example:80"}, {"GET /"}), "http://chat.example:80/");
    EXPECT_EQ(pages({"unix:/run/x"}, {"GET /"}), "/");
    EXPECT_EQ(pages({"http://a:1"}, {"GET /files/{path...}", "GET /files/"}), "http://a:1/files/");
    EXPECT_EQ(pages({"http://a:1"}, {"POST /", "GET /rooms"}), "");
}

TEST(Announcement, AFileOfNoPageIsARequest) {
    const std::string text = Announcement{.routes = {"GET /app/", "GET /app/a.js", "GET /feed.xml", "PUT /app/a.js", "GET /app/{file.x}"}}.text();
    EXPECT_NE(text.find("  requests       GET /feed.xml, PUT /app/a.js, GET /app/{file.x}\n"), text.npos) << text;
}

TEST(Announcement, CountsWhatDoesNotFitARow) {
    for (const auto& [count, end] : {std::pair{8, "/7\n"}, std::pair{9, "/7 and 1 more\n"}, std::pair{2000, "/7 and 1992 more\n"}}) {
        Announcement all;
        for (int i = 0; i < count; ++i) all.endpoints.push_back("/" + std::to_string(i));
        EXPECT_NE(all.text().find(end), std::string::npos) << all.text();
    }
}

TEST(Announcement, ShowsTextOfOthersPrintable) {
    const std::string text = Announcement{.rows = {{"a title that is longer than the others", "x\x1b[2J\ny\xff"}}}.text();
    EXPECT_EQ(text, "  a title that is longer than the others  x\\x1b[2J\\ny\\xff\n  to stop        Ctrl-C\n");
}

}  // namespace
}  // namespace patchbay::server
