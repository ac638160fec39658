#pragma once
// Pages and files over HTTP: those that a program carries in itself, and those of a folder.
//
//     patchbay_embed_pages(chat chatPages page)                 in CMake: the folder `page`, as `Pages chatPages()`
//     web::serve(server, "/", chatPages());
//     web::serveFolder(server, "/downloads/", "/srv/downloads");
//
// Both answer GET and HEAD with the right type, an ETag (files also Last-Modified), 304 where the client has it already, one
// range of the bytes (206, 416), and `x.br` or `x.gz` beside `x` to who accepts that. Every answer carries the headers
// of Options, which are safe ones unless you say otherwise.
//
// Source: RFC 9110 §8.8 (validators), §12.5.3 (Accept-Encoding), §13 (conditions), §14 (ranges); CSP Level 3; RFC 6797

#include <patchbay/header_fields.hpp>
#include <patchbay/server_container.hpp>

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay::web {

struct Page {
    std::string_view path;     ///< below the prefix, such as "style.css"; "style.css.br" is another form of it
    std::string_view content;  ///< lives as long as the program
};
using Pages = std::vector<Page>;

/// What every answer carries. An empty text leaves that header out.
struct Options {
    /// Scripts, styles, pictures and connections of this server only, nothing inline, and no frame around the page.
    std::string contentSecurityPolicy =
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";
    std::string referrerPolicy = "same-origin";
    /// How long a browser that came over TLS comes by nothing else (HSTS); sent over TLS only. Zero leaves it out.
    std::chrono::seconds strictTransportSecurity = std::chrono::days{365};
    /// Browsers keep what they got, and ask each time whether it has changed.
    std::string cacheControl = "no-cache";
    /// More of them, such as Cross-Origin-Opener-Policy.
    HeaderFields headers = {};
};

/// Answers for each page at `prefix` + path, and for an index.html at its folder. Pages have ETags, made of their content.
/// Requires: `prefix` begins and ends with '/'.   Errors: std::invalid_argument for a path that is taken.
void serve(ServerContainer& server, const std::string& prefix, const Pages& pages, const Options& options = {});

/// Answers for whatever file is below `folder` when it is asked for; a folder's own page is its index.html. Files are read on
/// the server's workers, a piece at a time as the client takes it, so that a large one takes no more memory than a small one.
///
/// There is no way out: a path with a name that begins with a dot, a symbolic link on the way or at its end, and whatever
/// is not a plain file are 404. (`folder` itself may be a link, and is looked up anew for each request, so that a new version
/// can be put in its place.)
///
/// `x.br` and `x.gz` are sent in x's place to who accepts them, unless they are older than x. Change a file by renaming a new
/// one over it: who writes into it while it is being sent cuts that answer short, or mixes it.
/// Requires: `prefix` begins and ends with '/'.
/// Errors: std::invalid_argument for a path that is taken, or when `folder` is no folder now.
void serveFolder(ServerContainer& server, const std::string& prefix, const std::filesystem::path& folder,
                 const Options& options = {});

}  // namespace patchbay::web
