#include <patchbay/detail/Binding.hpp>

#include <cmath>

#include "base/Utf8.hpp"

namespace patchbay::detail {

void setLabel(std::atomic<const char*>& label, const std::string& className, const char* method) {
    label.store(internLabel(className + "::" + method), std::memory_order_relaxed);
}

std::shared_ptr<void> ownedErased(void* object, void (*destroy)(void* object) noexcept) { return {object, destroy}; }

void failConversion(std::string_view what, std::string_view text, std::string_view wanted) {
    constexpr std::size_t kShown = 40;  // bytes
    const std::string_view shown = cutAtCharacter(text, kShown);
    throw DecodeError{std::string{what}, "'" + std::string{shown} + (shown.size() < text.size() ? "…" : "") + "' is not " +
                                             std::string{wanted}};
}

bool isFinite(long double value) noexcept { return std::isfinite(value); }

bool toBool(std::string_view what, std::string_view text) {
    if (text == "true") return true;
    if (text != "false") failConversion(what, text, "true or false");
    return false;
}

void failTooBig(std::size_t bytes, std::size_t limit) {
    throw MessageTooBig{"a message of " + std::to_string(bytes) + " bytes; its handler takes at most " +
                        std::to_string(limit)};
}

bool isException(const std::exception_ptr& error) noexcept {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception&) {
        return true;
    } catch (...) {
        return false;
    }
}

bool peekType(const MessageCall& call, json::Value& root, std::string_view& type) {
    const std::string_view text = asText(call.payload);
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || text[first] != '{') return false;
    try {
        root = call.document.parse(text, call.slack);
        type = json::readType(root, call.format.json);
        return true;
    } catch (const DecodeError&) {
        return false;  // not one of ours: the untyped handler takes it as it is
    }
}

}  // namespace patchbay::detail
