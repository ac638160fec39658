#pragma once
// What a plugin's file says of itself, read without loading it: loading already runs its code.
//
//   an ELF file of this machine, with a section ".note.patchbay" as detail/PluginEntry.hpp lays it out
//
// Source: System V ABI, "Note Section"; everything in the file may be wrong, so every offset is checked

#include <string>
#include <variant>
#include <vector>

namespace patchbay::plugins {

struct PluginFile {
    std::string path;
    std::string abi;
    std::string name;
    std::string version;
};

struct FoundLibrary {
    std::string path;
    std::string problem;  ///< empty: found
};
/// Looks a library up: an absolute path as it is, a name as lib<name>.so in the folders, in their order. Never elsewhere.
FoundLibrary findLibrary(const std::string& library, const std::vector<std::string>& folders);

/// The folder `patchbay` beside the framework's own library.
std::string ownPluginFolder();

/// The file's note, or a sentence about what is wrong with the file.
std::variant<PluginFile, std::string> readPluginFile(const std::string& path);

}  // namespace patchbay::plugins
