#include "Writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <iostream>
#include <stdexcept>
#include <utility>

namespace patchbay::access_log {

Writer::Writer(const std::string& file, std::size_t most)
    : out_{file.empty() ? std::cout : static_cast<std::ostream&>(file_)}, most_{most} {
    if (file.empty()) return;
    // Made with its rights: who opens it in between would read what comes later.
    constexpr mode_t kOwnerAndGroup = 0640;
    if (const int made = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerAndGroup); made >= 0) ::close(made);
    file_.open(file, std::ios::app);
    if (!file_) throw std::invalid_argument{"file: \"" + file + "\" cannot be written"};
}

void Writer::add(std::string line) {
    {
        const std::lock_guard guard{lock_};
        if (lines_.size() >= most_) {
            ++lost_;
            return;
        }
        lines_.push_back(std::move(line));
        if (lines_.size() > 1) return;  // it knows, or will look
    }
    changed_.notify_one();
}

void Writer::start() {
    if (thread_.joinable()) return;  // of a server that was stopped and starts again
    finishing_ = false;
    thread_ = std::thread{[this] { run(); }};
}

void Writer::finish() noexcept {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard guard{lock_};
        finishing_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void Writer::run() noexcept {
    std::vector<std::string> lines;
    std::size_t lost = 0;
    while (take(lines, lost)) write(lines, lost);
}

/// False when everything is written and nothing comes any more.
bool Writer::take(std::vector<std::string>& lines, std::size_t& lost) {
    lines.clear();
    std::unique_lock guard{lock_};
    changed_.wait(guard, [&] { return finishing_ || !lines_.empty(); });
    lines.swap(lines_);
    lost = std::exchange(lost_, 0);
    return !lines.empty();
}

void Writer::write(const std::vector<std::string>& lines, std::size_t lost) noexcept {
    for (const std::string& line : lines) out_ << line;
    if (lost > 0) out_ << "# " << lost << " lines are missing here: they came faster than this file took them\n";
    out_.flush();
    if (out_) return;
    out_.clear();  // a full disk may have room again
    const std::lock_guard guard{lock_};
    lost_ += lines.size() + lost;
}

}  // namespace patchbay::access_log
