#include "Answer.hpp"
#include "ContentCoding.hpp"
#include "Lists.hpp"
#include "MediaTypes.hpp"
#include "Streaming.hpp"

#include <patchbay/http_exchange.hpp>
#include <patchbay/http_handlers.hpp>
#include <patchbay/web.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace patchbay::web {
namespace {

/// By its content alone, so that it stays the same over restarts.
std::string etagOf(std::string_view content) {
    std::array<char, 24> text;
    const int size = std::snprintf(text.data(), text.size(), "\"%zx\"", std::hash<std::string_view>{}(content));
    return {text.data(), static_cast<std::size_t>(size)};
}

/// A page in all its forms.
class Leaf {
public:
    Leaf(std::string_view path, std::string_view content, std::shared_ptr<const Options> options)
        : contentType_{mediaTypeOf(path).contentType}, options_{std::move(options)} {
        add(Coding::Identity, content);
    }

    void add(Coding coding, std::string_view content) {
        forms_[static_cast<std::size_t>(coding)] = {content, etagOf(content)};
        varies_ = varies_ || coding != Coding::Identity;
    }

    /// Whether one of its forms is so large that it goes in pieces.
    bool isLarge() const noexcept {
        return std::ranges::any_of(forms_, [](const Form& form) { return form.content.size() > kPieceBytes; });
    }

    struct Chosen {
        Answer answer;
        std::string_view body;
    };
    Chosen answer(const HttpRequest& request) const {
        const Preferences preferences{varies_ ? fieldValue(request.headers, "Accept-Encoding") : std::string{}};
        const Coding coding = *std::ranges::find_if(preferences.inOrder(), [&](Coding c) { return !form(c).etag.empty(); });
        const Form& chosen = form(coding);
        const Representation of{contentType_, chosen.content.size(), chosen.etag, std::nullopt, coding, varies_};
        Answer answer = answerTo(request, of, *options_, std::chrono::floor<std::chrono::seconds>(Clock::now()));
        const std::string_view body = chosen.content.substr(answer.first, answer.length);
        return {std::move(answer), body};
    }

private:
    using Clock = std::chrono::system_clock;
    struct Form {
        std::string_view content;
        std::string etag;  // empty: there is no such form
    };
    const Form& form(Coding coding) const noexcept { return forms_[static_cast<std::size_t>(coding)]; }

    std::string_view contentType_;
    std::shared_ptr<const Options> options_;
    std::array<Form, kCodings.size()> forms_;
    bool varies_ = false;
};

using Leaves = std::map<std::string_view, std::shared_ptr<Leaf>>;

/// The page that `path` is a compressed form of, and how it is compressed; Identity when it is a page of its own.
std::pair<std::string_view, Coding> baseOf(std::string_view path, const Pages& pages) {
    for (const CodingName& row : kCodings) {
        if (row.coding == Coding::Identity || !path.ends_with(row.ending)) continue;
        const std::string_view base = path.substr(0, path.size() - row.ending.size());
        if (std::ranges::find(pages, base, &Page::path) != pages.end()) return {base, row.coding};
    }
    return {path, Coding::Identity};
}

Leaves leavesOf(const Pages& pages, const std::shared_ptr<const Options>& options) {
    Leaves leaves;
    for (const Page& page : pages) {
        if (baseOf(page.path, pages).second == Coding::Identity)
            leaves[page.path] = std::make_shared<Leaf>(page.path, page.content, options);
    }
    for (const Page& page : pages) {
        const auto [base, coding] = baseOf(page.path, pages);
        if (coding != Coding::Identity) leaves.at(base)->add(coding, page.content);
    }
    return leaves;
}

void sendWhole(const HttpExchange& exchange, const Leaf& leaf) {
    auto [answer, body] = leaf.answer(exchange.request());
    exchange.respond({answer.status, std::move(answer.headers), std::string{body}});
}

/// So that a slow client holds a piece of it, not a copy of all.
Async<void> sendInPieces(HttpExchange exchange, std::shared_ptr<const Leaf> leaf) {
    auto [answer, body] = leaf->answer(exchange.request());
    if (isWhole(exchange.request(), answer)) {
        exchange.respond({answer.status, std::move(answer.headers), std::string{body}});
        co_return;
    }
    const HttpStream stream = exchange.start(answer.status, std::move(answer.headers), answer.length);
    if (exchange.request().method == "HEAD") body = {};
    while (!body.empty()) {
        const SendStatus status = stream.write(body.substr(0, kPieceBytes));
        if (status != SendStatus::Queued && status != SendStatus::Full) break;
        if (status == SendStatus::Queued) body.remove_prefix(std::min(body.size(), kPieceBytes));
        co_await stream.writable();
    }
    stream.finish();
}

void handle(ServerContainer& server, std::string path, const std::shared_ptr<const Leaf>& leaf) {
    if (leaf->isLarge()) {
        server.handleAsync("GET", std::move(path),
                           [leaf](HttpExchange exchange) { return sendInPieces(std::move(exchange), leaf); });
    } else {
        server.handleAsync("GET", std::move(path), [leaf](const HttpExchange& exchange) { sendWhole(exchange, *leaf); });
    }
}

}  // namespace

void serve(ServerContainer& server, const std::string& prefix, const Pages& pages, const Options& options) {
    constexpr std::string_view kIndex = "index.html";
    for (const auto& [path, leaf] : leavesOf(pages, std::make_shared<const Options>(options))) {
        handle(server, prefix + std::string{path}, leaf);
        const std::string_view folder = path.substr(0, path.rfind('/') + 1);
        if (path.substr(folder.size()) == kIndex) handle(server, prefix + std::string{folder}, leaf);
    }
}

}  // namespace patchbay::web
