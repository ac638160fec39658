// The note of a plugin for another server. Its code ends the process, so a test that survives has not run it.

#include <patchbay/detail/PluginEntry.hpp>

#include <cstdlib>

namespace {

constexpr patchbay::detail::PluginNote foreign() {
    patchbay::detail::PluginNote note;
    patchbay::detail::fillText(note.abi, "patchbay 9.9.9, another compiler");
    patchbay::detail::fillText(note.name, "foreign");
    return note;
}

__attribute__((section(".note.patchbay"), used, aligned(4))) constexpr patchbay::detail::PluginNote note = foreign();

__attribute__((constructor)) void run() { std::abort(); }

}  // namespace
