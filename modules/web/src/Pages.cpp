#include "Answer.hpp"
#include "ContentCoding.hpp"
#include "Lists.hpp"
#include "MediaTypes.hpp"

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

    HttpResponse answer(const HttpRequest& request) const {
        const Preferences preferences{varies_ ? fieldValue(request.headers, "Accept-Encoding") : std::string{}};
        const Coding coding = *std::ranges::find_if(preferences.inOrder(), [&](Coding c) { return !form(c).etag.empty(); });
        const Form& chosen = form(coding);
        const Representation of{contentType_, chosen.content.size(), chosen.etag, std::nullopt, coding, varies_};
        Answer answer = answerTo(request, of, *options_, std::chrono::floor<std::chrono::seconds>(Clock::now()));
        return {answer.status, std::move(answer.headers), std::string{chosen.content.substr(answer.first, answer.length)}};
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

}  // namespace

void serve(ServerContainer& server, const std::string& prefix, const Pages& pages, const Options& options) {
    constexpr std::string_view kIndex = "index.html";
    for (const auto& [path, leaf] : leavesOf(pages, std::make_shared<const Options>(options))) {
        const HttpHandler answer = [leaf = leaf](const HttpRequest& request, HttpResponse& response) {
            response = leaf->answer(request);
        };
        server.handle("GET", prefix + std::string{path}, answer);
        const std::string_view folder = path.substr(0, path.rfind('/') + 1);
        if (path.substr(folder.size()) == kIndex) server.handle("GET", prefix + std::string{folder}, answer);
    }
}

}  // namespace patchbay::web
