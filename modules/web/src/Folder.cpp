#include "Folder.hpp"

#include "ContentCoding.hpp"
#include "MediaTypes.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace patchbay::web {
namespace {

using Clock = std::chrono::system_clock;

constexpr std::string_view kIndex = "index.html";
constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;  // a FIFO that nobody writes to opens at once

/// Not what is hidden, nor anything that means something to the file system.
bool isName(std::string_view name) noexcept {
    return !name.empty() && name.front() != '.' && name.find_first_of(std::string_view{"/\0", 2}) == std::string_view::npos;
}

bool isOutOfDescriptors(int error) noexcept { return error == EMFILE || error == ENFILE || error == ENOMEM; }

Clock::time_point modificationTime(const struct stat& status) {
    const auto since = std::chrono::seconds{status.st_mtim.tv_sec} + std::chrono::nanoseconds{status.st_mtim.tv_nsec};
    return Clock::time_point{std::chrono::duration_cast<Clock::duration>(since)};
}

/// Its time and size, and how it is compressed. Weak while it may still be changing within one tick of the file system's
/// clock: then equal tags need not mean equal bytes (RFC 9110 §8.8.1).
std::string etagOf(const struct stat& status, const CodingName& coding) {
    constexpr std::chrono::seconds kSettled{2};
    const auto modified = modificationTime(status);
    const char* const weak = Clock::now() - modified < kSettled ? "W/" : "";
    const char* const dash = coding.name.empty() ? "" : "-";
    std::array<char, 64> text;
    const int size = std::snprintf(text.data(), text.size(), "%s\"%llx-%llx%s%s\"", weak,
                                   static_cast<unsigned long long>(modified.time_since_epoch().count()),
                                   static_cast<unsigned long long>(status.st_size), dash, coding.name.data());
    return {text.data(), static_cast<std::size_t>(size)};
}

/// One name in a folder that is open.
class Entry {
public:
    Entry(const File& folder, const std::string& name) noexcept
        : file_{::openat(folder.descriptor(), name.c_str(), kFlags)}, error_{file_.isOpen() ? 0 : errno} {
        if (file_.isOpen() && ::fstat(file_.descriptor(), &status_) != 0) status_ = {};
    }
    bool isFolder() const noexcept { return file_.isOpen() && S_ISDIR(status_.st_mode); }
    bool isFile() const noexcept { return file_.isOpen() && S_ISREG(status_.st_mode); }
    int error() const noexcept { return error_; }
    const struct stat& status() const noexcept { return status_; }
    File take() noexcept { return std::move(file_); }

private:
    File file_;
    struct stat status_ {};
    int error_;
};

Found nothing(int error) {
    Found found;
    if (isOutOfDescriptors(error)) found.kind = Found::Kind::TooMany;
    return found;
}

Found found(Entry form, const MediaType& type, Coding coding) {
    Found result;
    result.kind = Found::Kind::File;
    const struct stat& status = form.status();
    result.of = {type.contentType,
                 static_cast<std::uint64_t>(status.st_size),
                 etagOf(status, kCodings[static_cast<std::size_t>(coding)]),
                 std::chrono::floor<std::chrono::seconds>(modificationTime(status)),
                 coding,
                 type.compresses};
    result.file = form.take();
    return result;
}

/// The form of `plain` that the client likes best.
Found bestForm(const File& folder, const std::string& name, Entry plain, std::string_view acceptEncoding) {
    const MediaType type = mediaTypeOf(name);
    const Preferences preferences{type.compresses ? acceptEncoding : std::string_view{}};
    for (const Coding coding : preferences.inOrder()) {
        if (coding == Coding::Identity) break;
        Entry form{folder, name + std::string{kCodings[static_cast<std::size_t>(coding)].ending}};
        if (isOutOfDescriptors(form.error())) return nothing(form.error());
        // One that is older was made of what the file held before.
        if (form.isFile() && modificationTime(form.status()) >= modificationTime(plain.status()))
            return found(std::move(form), type, coding);
    }
    return found(std::move(plain), type, Coding::Identity);
}

}  // namespace

File::File(File&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}

File& File::operator=(File&& other) noexcept {
    File taken{std::move(other)};
    std::swap(descriptor_, taken.descriptor_);
    return *this;
}

File::~File() {
    if (isOpen()) ::close(descriptor_);
}

std::size_t File::read(std::uint64_t offset, std::span<std::byte> room) const noexcept {
    std::size_t done = 0;
    while (done < room.size()) {
        const ssize_t count =
            ::pread(descriptor_, room.data() + done, room.size() - done, static_cast<off_t>(offset + done));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        done += static_cast<std::size_t>(count);
    }
    return done;
}

Folder::Folder(const std::filesystem::path& path) : path_{std::filesystem::absolute(path)} {
    std::error_code error;
    if (!std::filesystem::is_directory(path_, error))
        throw std::invalid_argument{"there is no folder " + path_.string() + " to serve files from"};
}

Found Folder::find(std::string_view path, std::string_view acceptEncoding) const {
    File folder{::open(path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    while (folder.isOpen()) {
        const std::size_t slash = path.find('/');
        const bool isLast = slash == std::string_view::npos;
        const std::string name{isLast && path.empty() ? kIndex : path.substr(0, slash)};
        if (!isName(name)) return {};
        Entry entry{folder, name};
        if (isLast && entry.isFile()) return bestForm(folder, name, std::move(entry), acceptEncoding);
        if (!entry.isFolder()) return nothing(entry.error());
        if (isLast) {
            Found named;
            named.kind = Found::Kind::Folder;
            return named;
        }
        folder = entry.take();
        path.remove_prefix(slash + 1);
    }
    return nothing(errno);
}

}  // namespace patchbay::web
