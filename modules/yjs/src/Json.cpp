// Whether a text is JSON: formats, embeds and awareness carry it, and a client that cannot parse it throws, every time it joins. Nothing is
// kept, so nothing is allocated.

#include <patchbay/yjs/encoding.hpp>

#include <algorithm>

namespace patchbay::yjs {
namespace {

/// Requires: UTF-8.   Source: RFC 8259.
class JsonText {
public:
    explicit JsonText(std::string_view text) noexcept : left_{text} {}

    bool isOneValue() noexcept {
        blanks();
        if (!value(0)) return false;
        blanks();
        return left_.empty();
    }

private:
    bool take(char wanted) noexcept {
        if (left_.empty() || left_.front() != wanted) return false;
        left_.remove_prefix(1);
        return true;
    }
    bool takeAll(std::string_view word) noexcept {
        if (!left_.starts_with(word)) return false;
        left_.remove_prefix(word.size());
        return true;
    }
    void blanks() noexcept {
        while (!left_.empty() && std::string_view{" \t\n\r"}.find(left_.front()) != std::string_view::npos) left_.remove_prefix(1);
    }

    bool value(unsigned depth) noexcept {
        if (left_.empty() || depth > kMaxDepth) return false;
        switch (left_.front()) {
            case '{': return several('{', '}', depth);
            case '[': return several('[', ']', depth);
            case '"': return string();
            case 't': return takeAll("true");
            case 'f': return takeAll("false");
            case 'n': return takeAll("null");
            default: return number();
        }
    }
    /// An array, or an object.
    bool several(char opening, char closing, unsigned depth) noexcept {
        take(opening);
        blanks();
        if (take(closing)) return true;
        do {
            blanks();
            if (opening == '{') {
                if (!string()) return false;
                blanks();
                if (!take(':')) return false;
                blanks();
            }
            if (!value(depth + 1)) return false;
            blanks();
        } while (take(','));
        return take(closing);
    }
    bool string() noexcept {
        if (!take('"')) return false;
        while (!left_.empty()) {
            const auto one = static_cast<unsigned char>(left_.front());
            left_.remove_prefix(1);
            if (one == '"') return true;
            if (one < 0x20) return false;
            if (one == '\\' && !escape()) return false;
        }
        return false;
    }
    bool escape() noexcept {
        if (left_.empty()) return false;
        const char one = left_.front();
        left_.remove_prefix(1);
        if (one != 'u') return std::string_view{"\"\\/bfnrt"}.find(one) != std::string_view::npos;
        if (left_.size() < 4) return false;
        const bool isHex = left_.substr(0, 4).find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
        left_.remove_prefix(4);
        return isHex;
    }
    bool digits() noexcept {
        const std::size_t count = std::min(left_.find_first_not_of("0123456789"), left_.size());
        left_.remove_prefix(count);
        return count != 0;
    }
    bool number() noexcept {
        take('-');
        if (!take('0') && !digits()) return false;
        if (take('.') && !digits()) return false;
        if (!take('e') && !take('E')) return true;
        if (!take('-')) take('+');
        return digits();
    }

    std::string_view left_;
};

}  // namespace

bool isJson(std::string_view text) noexcept { return JsonText{text}.isOneValue(); }

}  // namespace patchbay::yjs
