#include <patchbay/detail/Binding.hpp>

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <system_error>

#include "base/Utf8.hpp"

namespace patchbay::detail {

EndpointModel::EndpointModel() noexcept = default;
EndpointModel::EndpointModel(EndpointModel&&) noexcept = default;
EndpointModel::EndpointModel(const EndpointModel&) = default;
EndpointModel::~EndpointModel() = default;

void EndpointModel::describe(std::string_view itsName, std::string_view itsPath, ServerEndpointOptions&& itsOptions, bool needsTags) {
    className = itsName;
    path = itsPath;
    options = std::move(itsOptions);
    tagged = options.typeTags != TypeTags::Never;
    tagRequired = options.typeTags == TypeTags::Always || needsTags;
}

void setLabel(std::atomic<const char*>& label, const std::string& className, const char* method) {
    label.store(internLabel(className + "::" + method), std::memory_order_relaxed);
}

std::shared_ptr<void> ownedErased(void* object, void (*destroy)(void* object) noexcept) { return {object, destroy}; }

namespace {

/// Gives each object `extra` bytes more, behind it.
template <class T>
struct Roomy {
    using value_type = T;
    std::size_t extra;

    explicit Roomy(std::size_t bytes) noexcept : extra{bytes} {}
    template <class U>
    explicit Roomy(const Roomy<U>& other) noexcept : extra{other.extra} {}
    T* allocate(std::size_t count) { return static_cast<T*>(::operator new(count * sizeof(T) + extra)); }
    void deallocate(T* object, std::size_t) noexcept { ::operator delete(object); }
    friend bool operator==(const Roomy&, const Roomy&) = default;
};

/// Stands before the object that it destroys.
class Before {
public:
    Before() = default;
    Before(const Before&) = delete;
    Before& operator=(const Before&) = delete;
    ~Before() {
        if (destroy_ != nullptr) destroy_(object());
    }
    void* object() noexcept {
        constexpr std::uintptr_t alignment = alignof(std::max_align_t);
        auto* const behind = reinterpret_cast<std::byte*>(this + 1);
        const std::uintptr_t past = reinterpret_cast<std::uintptr_t>(behind) % alignment;
        return past == 0 ? behind : behind + (alignment - past);
    }
    void destroyBy(void (*destroy)(void* object) noexcept) noexcept { destroy_ = destroy; }

private:
    void (*destroy_)(void* object) noexcept = nullptr;
};

}  // namespace

std::shared_ptr<void> makeErased(std::size_t size, void (*make)(void* place, const Given& given), const Given& given,
                                 void (*destroy)(void* object) noexcept) {
    constexpr std::size_t mostToAlign = alignof(std::max_align_t) - alignof(Before);
    const auto before = std::allocate_shared<Before>(Roomy<Before>{size + mostToAlign});
    void* const object = before->object();
    make(object, given);
    before->destroyBy(destroy);
    return {before, object};
}

namespace {

[[noreturn]] void failConversion(std::string_view what, std::string_view text, std::string_view wanted) {
    constexpr std::size_t kShown = 40;  // bytes
    const std::string_view shown = cutAtCharacter(text, kShown);
    throw DecodeError{std::string{what}, "'" + std::string{shown} + (shown.size() < text.size() ? "…" : "") + "' is not " +
                                             std::string{wanted}};
}

}  // namespace

bool toBool(std::string_view what, std::string_view text) {
    if (text == "true") return true;
    if (text != "false") failConversion(what, text, "true or false");
    return false;
}

template <class T>
T toNumber(std::string_view what, std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range) failConversion(what, text, "a number in the range of its type");
    if (error != std::errc{} || end != text.data() + text.size()) {
        failConversion(what, text, std::is_integral_v<T> ? "a whole number" : "a number");
    }
    if constexpr (std::is_floating_point_v<T>) {
        if (!std::isfinite(value)) failConversion(what, text, "a number");  // "nan" and "inf", which from_chars takes
    }
    return value;
}
template signed char toNumber(std::string_view, std::string_view);
template unsigned char toNumber(std::string_view, std::string_view);
template short toNumber(std::string_view, std::string_view);
template unsigned short toNumber(std::string_view, std::string_view);
template int toNumber(std::string_view, std::string_view);
template unsigned toNumber(std::string_view, std::string_view);
template long toNumber(std::string_view, std::string_view);
template unsigned long toNumber(std::string_view, std::string_view);
template long long toNumber(std::string_view, std::string_view);
template unsigned long long toNumber(std::string_view, std::string_view);
template float toNumber(std::string_view, std::string_view);
template double toNumber(std::string_view, std::string_view);
template long double toNumber(std::string_view, std::string_view);

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
