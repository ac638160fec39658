#pragma once
// The one way to call a user's code where nobody above would catch: whatever it throws ends here as a text for the log, also
// what is no std::exception. A handler's exceptions have a way of their own (endpoint/Dispatcher.hpp).
// Requires: the caller holds no lock, since the code may call the framework again.

#include "base/Log.hpp"

#include <exception>
#include <optional>
#include <string>
#include <string_view>

namespace patchbay {

/// What `call` threw; nothing when it returned.
template <class Call>
[[nodiscard]] std::optional<std::string> thrownBy(Call&& call) {
    try {
        call();
        return std::nullopt;
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "something that is no std::exception";
    }
}

/// `line: why`, where nothing may be thrown: without the reason where there is no memory for both.
inline void warn(std::string_view source, std::string_view line, std::string_view why) noexcept {
    if (thrownBy([&] { log::warning(source, std::string{line}.append(": ").append(why)); })) log::warning(source, line);
}

/// The same for a call whose exceptions change nothing but the log: `source: who threw …`. True when it returned.
template <class Call>
bool guarded(std::string_view source, std::string_view who, Call&& call) {
    const auto thrown = thrownBy(call);
    if (thrown) log::error(source, std::string{who} + " threw " + *thrown);
    return !thrown;
}

}  // namespace patchbay
