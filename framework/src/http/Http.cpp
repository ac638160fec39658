#include "base/Uri.hpp"
#include "protocol/HttpGrammar.hpp"

#include <patchbay/http.hpp>

namespace patchbay {
std::string_view findHeader(const HeaderFields& fields, std::string_view name) noexcept {
    for (const auto& [key, value] : fields) {
        if (protocol::equalsIgnoringCase(key, name)) return value;
    }
    return {};
}

std::string_view HttpRequest::pathParameter(std::string_view name) const noexcept {
    for (const auto& [key, value] : pathParameters) {
        if (key == name) return value;
    }
    return {};
}

std::string HttpRequest::queryParameter(std::string_view name) const { return patchbay::queryParameter(target, name); }

void HttpResponse::setHeader(std::string_view name, std::string_view value) {
    std::erase_if(headers, [&](const auto& field) { return protocol::equalsIgnoringCase(field.first, name); });
    headers.emplace_back(name, value);
}

void HttpResponse::write(std::string_view type, std::string_view text) {
    setHeader("Content-Type", type);
    body.append(text);
}

}  // namespace patchbay
