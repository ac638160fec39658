// Of programs with a server in them: with canaries out (Canaries.hpp) its log is at its lowest level, nothing of it is left out, and all of it
// is looked through, before it goes where it goes.
#include "support/Canaries.hpp"

#include "base/Log.hpp"

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

namespace patchbay::test {
namespace {

void lookThrough(log::Level level, std::string_view source, std::string_view line) {
    const std::string shown = log::shown(std::chrono::system_clock::now(), level, source, line);
    canaries::look("the log", shown);
    std::fputs(shown.c_str(), stderr);
}

[[maybe_unused]] const bool isLookedThrough = [] {
    if (canaries::areOut()) log::redirect(&lookThrough, log::Level::Debug);
    return true;
}();

}  // namespace
}  // namespace patchbay::test
