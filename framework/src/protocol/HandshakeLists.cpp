#include "protocol/HandshakeLists.hpp"

#include <algorithm>

namespace patchbay::protocol {
namespace {

/// Reads one list from left to right; every read() leaves the blanks behind it read.
class ListReader {
public:
    explicit ListReader(std::string_view text) noexcept : left_{text} { skipBlanks(); }

    bool atEnd() const noexcept { return left_.empty(); }

    bool take(char c) noexcept {
        if (left_.empty() || left_.front() != c) return false;
        left_.remove_prefix(1);
        skipBlanks();
        return true;
    }

    /// Empty if no token stands here.
    std::string token() {
        const auto end = std::ranges::find_if_not(left_, isTokenCharacter);
        std::string token{left_.begin(), end};
        left_.remove_prefix(token.size());
        skipBlanks();
        return token;
    }

    /// The text of a quoted-string without its quotes and backslashes; empty if it is none, or no token.
    std::string quotedToken() {
        std::string text;
        left_.remove_prefix(1);
        while (!left_.empty() && left_.front() != '"') {
            if (left_.front() == '\\') left_.remove_prefix(1);
            if (left_.empty()) return {};
            text += left_.front();
            left_.remove_prefix(1);
        }
        return take('"') && isToken(text) ? text : std::string{};
    }

    std::string value() { return !left_.empty() && left_.front() == '"' ? quotedToken() : token(); }

private:
    void skipBlanks() noexcept { left_.remove_prefix(std::min(left_.find_first_not_of(" \t"), left_.size())); }

    std::string_view left_;
};

std::optional<ExtensionTerms> readExtension(ListReader& list) {
    ExtensionTerms extension{list.token(), {}};
    if (extension.name.empty()) return std::nullopt;
    while (list.take(';')) {
        ExtensionParameter parameter{list.token(), std::nullopt};
        if (parameter.name.empty()) return std::nullopt;
        if (list.take('=')) {
            parameter.value = list.value();
            if (parameter.value->empty()) return std::nullopt;
        }
        if (extension.parameters.size() == kMostParameters) return std::nullopt;
        extension.parameters.push_back(std::move(parameter));
    }
    return extension;
}

template <class List>
void join(std::string& text, const List& elements, auto&& append) {
    for (const auto& element : elements) {
        if (!text.empty()) text += ", ";
        append(element);
    }
}

}  // namespace

std::optional<std::vector<ExtensionTerms>> parseExtensions(std::string_view text) {
    std::vector<ExtensionTerms> extensions;
    ListReader list{text};
    while (!list.atEnd()) {
        if (list.take(',')) continue;
        auto extension = readExtension(list);
        if (!extension || extensions.size() == kMostExtensions) return std::nullopt;
        extensions.push_back(std::move(*extension));
        if (!list.atEnd() && !list.take(',')) return std::nullopt;
    }
    return extensions;
}

std::optional<std::vector<ExtensionTerms>> parseExtensions(std::span<const HeaderField> fields) {
    std::vector<ExtensionTerms> all;
    for (const HeaderField& field : fields) {
        if (!equalsIgnoringCase(field.name, "Sec-WebSocket-Extensions")) continue;
        auto extensions = parseExtensions(field.value);
        if (!extensions || all.size() + extensions->size() > kMostExtensions) return std::nullopt;
        std::ranges::move(*extensions, std::back_inserter(all));
    }
    return all;
}

std::string formatExtensions(std::span<const ExtensionTerms> extensions) {
    std::string text;
    join(text, extensions, [&](const ExtensionTerms& extension) {
        text += extension.name;
        for (const ExtensionParameter& parameter : extension.parameters) {
            text += "; " + parameter.name;
            if (parameter.value) text += '=' + *parameter.value;
        }
    });
    return text;
}

std::optional<std::vector<std::string>> parseSubprotocols(std::span<const HeaderField> fields) {
    std::vector<std::string> all;
    for (const HeaderField& field : fields) {
        if (!equalsIgnoringCase(field.name, "Sec-WebSocket-Protocol")) continue;
        for (const std::string_view name : splitList(field.value)) {
            if (all.size() == kMostSubprotocols || !isToken(name) || std::ranges::find(all, name) != all.end()) return std::nullopt;
            all.emplace_back(name);
        }
    }
    return all;
}

std::string formatSubprotocols(std::span<const std::string> subprotocols) {
    std::string text;
    join(text, subprotocols, [&](const std::string& name) { text += name; });
    return text;
}

}  // namespace patchbay::protocol
