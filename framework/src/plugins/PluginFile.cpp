#include "plugins/PluginFile.hpp"

#include "base/Suggest.hpp"

#include <patchbay/detail/PluginEntry.hpp>

#include <dlfcn.h>
#include <elf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>

namespace patchbay::plugins {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kNoteSection = ".note.patchbay";
constexpr std::size_t kMostSections = 10'000;
constexpr std::string_view kHint = "; build it with patchbay_add_plugin()";

/// A file that is read in pieces; a piece outside of it is none.
class File {
public:
    explicit File(const std::string& path) : stream_{path, std::ios::binary} {}

    bool isOpen() const { return stream_.is_open(); }
    template <class T>
    std::optional<T> at(std::uint64_t offset) {
        T value;
        if (!read(offset, &value, sizeof value)) return std::nullopt;
        return value;
    }
    std::string text(std::uint64_t offset, std::size_t most) {
        std::string text(most, '\0');
        if (!read(offset, text.data(), 1)) return {};
        stream_.clear();
        stream_.seekg(static_cast<std::streamoff>(offset));
        stream_.read(text.data(), static_cast<std::streamsize>(most));
        text.resize(static_cast<std::size_t>(stream_.gcount()));
        return text.substr(0, text.find('\0'));
    }

private:
    bool read(std::uint64_t offset, void* into, std::size_t bytes) {
        if (offset > static_cast<std::uint64_t>(std::numeric_limits<std::streamoff>::max())) return false;
        stream_.clear();
        stream_.seekg(static_cast<std::streamoff>(offset));
        stream_.read(static_cast<char*>(into), static_cast<std::streamsize>(bytes));
        return static_cast<std::size_t>(stream_.gcount()) == bytes;
    }

    std::ifstream stream_;
};

bool isLibraryOfThisMachine(const Elf64_Ehdr& head) {
    return std::memcmp(head.e_ident, ELFMAG, SELFMAG) == 0 && head.e_ident[EI_CLASS] == ELFCLASS64 &&
           head.e_ident[EI_DATA] == ELFDATA2LSB && head.e_type == ET_DYN;
}

std::optional<detail::PluginNote> findNote(File& file, const Elf64_Ehdr& head) {
    const auto sectionAt = [&](std::size_t index) {
        return file.at<Elf64_Shdr>(head.e_shoff + index * std::uint64_t{head.e_shentsize});
    };
    const auto names = sectionAt(head.e_shstrndx);
    for (std::size_t i = 0; names && i < std::min<std::size_t>(head.e_shnum, kMostSections); ++i) {
        const auto section = sectionAt(i);
        if (!section || section->sh_size < sizeof(detail::PluginNote)) continue;
        if (file.text(names->sh_offset + section->sh_name, kNoteSection.size() + 1) != kNoteSection) continue;
        const auto note = file.at<detail::PluginNote>(section->sh_offset);
        const detail::PluginNote form;
        if (note && note->nameBytes == form.nameBytes && note->descriptionBytes == form.descriptionBytes &&
            note->type == form.type && std::memcmp(note->owner, form.owner, sizeof form.owner) == 0) {
            return note;
        }
    }
    return std::nullopt;
}

template <std::size_t Size>
std::string textOf(const char (&text)[Size]) {
    return {text, ::strnlen(text, Size)};
}

/// The names of the libraries that are there.
std::vector<std::string> namesIn(const std::vector<std::string>& folders) {
    std::vector<std::string> names;
    for (const auto& folder : folders) {
        std::error_code error;
        for (const auto& entry : fs::directory_iterator{folder, error}) {
            const std::string file = entry.path().filename().string();
            if (file.starts_with("lib") && file.ends_with(".so")) names.push_back(file.substr(3, file.size() - 6));
        }
    }
    std::ranges::sort(names);
    return names;
}

}  // namespace

FoundLibrary findLibrary(const std::string& library, const std::vector<std::string>& folders) {
    if (library.empty()) return {{}, "names no library"};
    if (library.starts_with('/')) {
        if (fs::exists(library)) return {library, {}};
        return {{}, "there is no file \"" + library + '"'};
    }
    if (library.find('/') != std::string::npos) {
        return {{}, '"' + library + "\" is neither a name nor an absolute path; libraries are never looked up from the current folder"};
    }
    for (const auto& folder : folders) {
        const fs::path path = fs::path{folder} / ("lib" + library + ".so");
        if (fs::exists(path)) return {path.string(), {}};
    }
    std::string where;
    for (const auto& folder : folders) where += (where.empty() ? "" : ", ") + folder;
    const auto names = namesIn(folders);
    const std::vector<std::string_view> known{names.begin(), names.end()};
    return {{}, "there is no lib" + library + ".so in " + where + suggestion(library, known)};
}

std::string ownPluginFolder() {
    Dl_info info{};
    if (::dladdr(reinterpret_cast<const void*>(&ownPluginFolder), &info) == 0 || !info.dli_fname) return "patchbay";
    std::error_code error;
    const fs::path own = fs::canonical(info.dli_fname, error);
    return (error ? fs::path{info.dli_fname} : own).parent_path() / "patchbay";
}

std::variant<PluginFile, std::string> readPluginFile(const std::string& path) {
    errno = 0;
    File file{path};
    if (!file.isOpen()) return '"' + path + "\" cannot be read: " + std::system_category().message(errno);
    const auto head = file.at<Elf64_Ehdr>(0);
    if (!head || !isLibraryOfThisMachine(*head)) return '"' + path + "\" is no shared library of this machine" + std::string{kHint};
    const auto note = findNote(file, *head);
    if (!note) return '"' + path + "\" is a shared library, but no Patchbay plugin: it has no PATCHBAY_PLUGIN" + std::string{kHint};
    return PluginFile{path, textOf(note->abi), textOf(note->name), textOf(note->version)};
}

}  // namespace patchbay::plugins
