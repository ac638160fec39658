#include "Answer.hpp"

#include "ByteRange.hpp"
#include "EntityTag.hpp"
#include "Lists.hpp"

#include <algorithm>

namespace patchbay::web {
namespace {

bool has(const HttpRequest& request, std::string_view name) {
    return std::ranges::any_of(request.headers,
                               [&](const auto& field) { return equalsIgnoringCase(field.first, name); });
}

std::optional<HttpDate> dateOf(const HttpRequest& request, std::string_view name, HttpDate now) {
    return parseHttpDate(fieldValue(request.headers, name), now);
}

bool precondition(const HttpRequest& request, const Representation& of, HttpDate now) {
    if (has(request, "If-Match")) return matches(fieldValue(request.headers, "If-Match"), of.etag, Comparison::Strong);
    const auto date = dateOf(request, "If-Unmodified-Since", now);
    return !date || !of.modified || *of.modified <= *date;
}

bool isModified(const HttpRequest& request, const Representation& of, HttpDate now) {
    if (has(request, "If-None-Match"))
        return !matches(fieldValue(request.headers, "If-None-Match"), of.etag, Comparison::Weak);
    const auto date = dateOf(request, "If-Modified-Since", now);
    return !date || !of.modified || *of.modified > *date;
}

/// RFC 9110 §13.1.5: a strong validator that is exactly that of what would be sent.
bool ifRange(const HttpRequest& request, const Representation& of, HttpDate now) {
    if (!has(request, "If-Range")) return true;
    const std::string value = fieldValue(request.headers, "If-Range");
    if (value.ends_with('"')) return matches(value, of.etag, Comparison::Strong);
    const auto date = parseHttpDate(value, now);
    return date && !isWeak(of.etag) && of.modified == date;  // a weak tag: it changed a moment ago, maybe twice in this second
}

ByteRange rangeOf(const HttpRequest& request, const Representation& of, HttpDate now) {
    if (request.method != "GET" || !has(request, "Range") || !ifRange(request, of, now)) return {};
    return parseRange(fieldValue(request.headers, "Range"), of.size);
}

std::string contentRange(const ByteRange& range, std::uint64_t size) {
    if (range.kind == ByteRange::Kind::Unsatisfiable) return "bytes */" + std::to_string(size);
    return "bytes " + std::to_string(range.first) + '-' + std::to_string(range.first + range.length - 1) + '/' +
           std::to_string(size);
}

void addUnlessEmpty(HeaderFields& headers, std::string_view name, std::string_view value) {
    if (!value.empty()) headers.emplace_back(name, value);
}

void addOptions(HeaderFields& headers, const HttpRequest& request, const Options& options) {
    addUnlessEmpty(headers, "Content-Security-Policy", options.contentSecurityPolicy);
    addUnlessEmpty(headers, "Referrer-Policy", options.referrerPolicy);
    headers.emplace_back("X-Content-Type-Options", "nosniff");
    if (request.secure && options.strictTransportSecurity.count() > 0) {
        headers.emplace_back("Strict-Transport-Security",
                             "max-age=" + std::to_string(options.strictTransportSecurity.count()));
    }
    headers.insert(headers.end(), options.headers.begin(), options.headers.end());
}

/// RFC 9110 §15.4.5: what a 304 has to say too.
void addValidators(HeaderFields& headers, const Representation& of, const Options& options) {
    headers.emplace_back("ETag", of.etag);
    if (of.modified) headers.emplace_back("Last-Modified", formatHttpDate(*of.modified));
    addUnlessEmpty(headers, "Cache-Control", options.cacheControl);
    if (of.varies) headers.emplace_back("Vary", "Accept-Encoding");
}

void addContent(Answer& answer, const Representation& of, const ByteRange& range) {
    const bool whole = range.kind == ByteRange::Kind::Whole;
    answer.status = whole ? 200 : 206;
    answer.first = range.first;
    answer.length = whole ? of.size : range.length;
    answer.headers.emplace_back("Content-Type", of.contentType);
    const auto& coding = kCodings[static_cast<std::size_t>(of.coding)];
    addUnlessEmpty(answer.headers, "Content-Encoding", coding.name);
    answer.headers.emplace_back("Accept-Ranges", "bytes");
    if (!whole) answer.headers.emplace_back("Content-Range", contentRange(range, of.size));
}

}  // namespace

Answer answerTo(const HttpRequest& request, const Representation& of, const Options& options, HttpDate now) {
    if (!precondition(request, of, now)) return refusal(request, 412, options);
    Answer answer;
    if (!isModified(request, of, now)) {
        answer.status = 304;
        addValidators(answer.headers, of, options);
        addOptions(answer.headers, request, options);
        return answer;
    }
    const ByteRange range = rangeOf(request, of, now);
    if (range.kind == ByteRange::Kind::Unsatisfiable) {
        answer = refusal(request, 416, options);
        answer.headers.emplace_back("Content-Range", contentRange(range, of.size));
        return answer;
    }
    addContent(answer, of, range);
    addValidators(answer.headers, of, options);
    addOptions(answer.headers, request, options);
    return answer;
}

Answer refusal(const HttpRequest& request, int status, const Options& options) {
    Answer answer;
    answer.status = status;
    addOptions(answer.headers, request, options);
    return answer;
}

}  // namespace patchbay::web
