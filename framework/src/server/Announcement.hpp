#pragma once
// What run() says once the server listens: one block, for who has just started it.
//
//     listening on http://127.0.0.1:8080
//       pages          http://127.0.0.1:8080/
//       endpoints      /chat/{room}
//       plugins        heartbeat 0.1.0, compression 0.1.0
//       apps           chat 0.1.0
//       configuration  apps/patchbay/patchbay.yaml
//       to stop        Ctrl-C
//
// A row that would be empty is left out. A page is what a browser is pointed at: a GET whose path ends with '/', or has
// a rest; of what lies below one, what has an ending (style.css) belongs to it and is not told.

#include <string>
#include <utility>
#include <vector>

namespace patchbay::server {

struct Announcement {
    std::vector<std::string> urls = {};       ///< one for each address
    std::vector<std::string> endpoints = {};  ///< their paths
    std::vector<std::string> routes = {};     ///< such as `GET /rooms/{room}`
    std::vector<std::string> plugins = {};    ///< such as `heartbeat 0.1.0`
    std::vector<std::string> apps = {};
    std::vector<std::pair<std::string, std::string>> rows = {};  ///< what a program adds, each with its title

    std::string text() const;
};

}  // namespace patchbay::server
