#pragma once
// Files below a folder, and no way out of it.
//
// A path is walked name by name (openat), each of which has to be a plain folder or file that is really there: no link is
// followed, so none can lead out or be put in the way between a check and its use. What opens is judged as what it is: only a
// plain file is one, and nothing that could block is waited for.
//
// All of it blocks, as disks do: it belongs on a worker.   Source: CWE-22, CWE-59, CWE-367

#include "Answer.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace patchbay::web {

/// A file that is open for reading.   Owns: its descriptor.
class File {
public:
    File() noexcept = default;
    explicit File(int descriptor) noexcept : descriptor_{descriptor} {}
    File(File&& other) noexcept;
    File& operator=(File&& other) noexcept;
    ~File();

    int descriptor() const noexcept { return descriptor_; }
    bool isOpen() const noexcept { return descriptor_ >= 0; }

    /// Up to `room` bytes from `offset` on; fewer only at the file's end or where it cannot be read.
    std::size_t read(std::uint64_t offset, std::span<std::byte> room) const noexcept;

private:
    int descriptor_ = -1;
};

/// What is at a path.
struct Found {
    enum class Kind : std::uint8_t { Nothing, File, Folder, TooMany };  ///< TooMany: no descriptor is free
    Kind kind = Kind::Nothing;
    File file;           ///< of the form that was chosen
    Representation of;   ///< of that form
};

/// Thread: any.
class Folder {
public:
    /// Errors: std::invalid_argument when there is no folder.
    explicit Folder(const std::filesystem::path& path);

    /// `path`: decoded names with slashes between; an empty last one stands for the folder's index.html. Of the forms that the
    /// client takes the best one that is there. A Folder is one that was named without its slash.
    Found find(std::string_view path, std::string_view acceptEncoding) const;

private:
    std::filesystem::path path_;
};

}  // namespace patchbay::web
