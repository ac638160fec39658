#include "BanFileEdit.hpp"

#include "BannedOnes.hpp"
#include "Source.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace patchbay::guard {
namespace {

[[noreturn]] void refuse(const std::string& path, const char* what, int error = errno) {
    std::string why = "cannot " + std::string{what} + ' ' + path + ": " + std::generic_category().message(error);
    if (error == EACCES || error == EPERM) why += "; run it as whom the file belongs to";
    throw std::runtime_error{why};
}

bool isOfTheSame(const Ban& one, const Ban& other) {
    if (one.of != other.of) return false;
    return one.of == Ban::Of::User ? one.whom == other.whom : Network::of(one.whom) == Network::of(other.whom);
}

int lockedFolderOf(const std::string& path) {
    const std::string folder = std::filesystem::path{path}.parent_path().string();
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) refuse(folder, "open");
    while (::flock(descriptor, LOCK_EX) != 0) {
        if (errno == EINTR) continue;
        const int error = errno;
        ::close(descriptor);
        refuse(folder, "lock", error);
    }
    return descriptor;
}

void writeAll(int descriptor, std::string_view text, const std::string& path) {
    while (!text.empty()) {
        const ssize_t count = ::write(descriptor, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) refuse(path, "write");
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    if (::fsync(descriptor) != 0) refuse(path, "write");
}

/// A file beside `path`, until it takes its place.
class Successor {
public:
    explicit Successor(const std::string& path) : path_{path}, own_{path + ".XXXXXX"}, descriptor_{::mkostemp(own_.data(), O_CLOEXEC)} {
        if (descriptor_ < 0) refuse(path, "write");
    }
    Successor(const Successor&) = delete;
    ~Successor() {
        ::close(descriptor_);
        if (!own_.empty()) ::unlink(own_.c_str());
    }
    void write(std::string_view text) {
        struct stat before {};
        const bool replaces = ::stat(path_.c_str(), &before) == 0;
        // The server may be another user, and has to read it as it did.
        if (::fchmod(descriptor_, replaces ? before.st_mode & 07777 : 0644) != 0) refuse(path_, "write");
        if (replaces && (before.st_uid != ::geteuid() || before.st_gid != ::getegid()) && ::fchown(descriptor_, before.st_uid, before.st_gid) != 0) {
            refuse(path_, "keep the owner of");
        }
        writeAll(descriptor_, text, path_);
    }
    void succeed() {
        if (::rename(own_.c_str(), path_.c_str()) != 0) refuse(path_, "replace");
        own_.clear();
    }

private:
    const std::string path_;
    std::string own_;
    const int descriptor_;
};

}  // namespace

BanFileEdit::BanFileEdit(const std::string& path)
    : path_{std::filesystem::weakly_canonical(std::filesystem::absolute(path)).string()}, folder_{lockedFolderOf(path_)} {
    try {
        if (!std::filesystem::exists(path_)) return;
        readBans(path_, readBanFile(path_),
                 [&](std::string_view line, std::optional<BanLine> says) { lines_.push_back({std::string{line}, std::move(says)}); });
    } catch (...) {
        ::close(folder_);
        throw;
    }
}

BanFileEdit::~BanFileEdit() { ::close(folder_); }

std::vector<BanLine> BanFileEdit::bans() const {
    std::vector<BanLine> all;
    for (const Line& line : lines_) {
        if (line.says) all.push_back(*line.says);
    }
    return all;
}

void BanFileEdit::put(const BanLine& line) {
    std::string text = textOf(line);
    remove(line.ban);
    if (static_cast<std::size_t>(std::ranges::count_if(lines_, [](const Line& each) { return each.says.has_value(); })) >= BanSet::kMost) {
        throw std::invalid_argument{path_ + " has " + std::to_string(BanSet::kMost) + " bans, and a server takes no more; remove some, or ban their network"};
    }
    lines_.push_back({std::move(text), line});
}

bool BanFileEdit::remove(const Ban& ban) {
    return std::erase_if(lines_, [&](const Line& line) { return line.says && isOfTheSame(line.says->ban, ban); }) > 0;
}

std::size_t BanFileEdit::removeOver(std::chrono::system_clock::time_point now) {
    return std::erase_if(lines_, [&](const Line& line) { return line.says && line.says->ban.end <= now; });
}

void BanFileEdit::save() const {
    std::string text;
    for (const Line& line : lines_) text += line.text + '\n';
    Successor successor{path_};
    successor.write(text);
    successor.succeed();
}

}  // namespace patchbay::guard
