#pragma once
// Pages that a program carries in itself. `patchbay_embed_pages(chat chatPages page)` in CMake makes
// `patchbay::web::Pages chatPages()` from the files of the folder `page`.

#include <patchbay/server_container.hpp>

#include <string_view>
#include <vector>

namespace patchbay::web {

struct Page {
    std::string_view path;     ///< below the prefix, such as "style.css"
    std::string_view content;  ///< lives as long as the program
};
using Pages = std::vector<Page>;

/// Answers GET for each page at `prefix` + path, and for `prefix` itself with its index.html. Browsers keep the pages
/// and ask whether they have changed (ETag).
/// Requires: `prefix` begins and ends with '/'.   Errors: std::invalid_argument for a path that is taken.
void serve(ServerContainer& server, const std::string& prefix, const Pages& pages);

}  // namespace patchbay::web
