#pragma once
// A file of bans as a command changes it: read, changed, and replaced as a whole while no other command changes it. A server reads what was
// before or what is after, nothing between. What else stands in it, such as a comment, stays.

#include "BanList.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace patchbay::guard {

/// Thread: one at a time.
class BanFileEdit {
public:
    /// Waits for others who change it. A file that is not there has none.
    /// Errors: std::invalid_argument, with the line that is wrong; std::runtime_error where its folder cannot be opened.
    explicit BanFileEdit(const std::string& path);
    BanFileEdit(const BanFileEdit&) = delete;
    ~BanFileEdit();

    std::vector<BanLine> bans() const;
    /// Instead of others of the same.   Errors: std::invalid_argument for what no line can say, or one more than a server takes.
    void put(const BanLine& line);
    /// False where there is none.
    bool remove(const Ban& ban);
    /// Those that have ended. Returns how many.
    std::size_t removeOver(std::chrono::system_clock::time_point now);
    /// Errors: std::runtime_error, which says what to do.
    void save() const;

private:
    struct Line {
        std::string text;
        std::optional<BanLine> says;
    };

    const std::string path_;  // of the file itself, where it was named by a link
    const int folder_;        // locked
    std::vector<Line> lines_;
};

}  // namespace patchbay::guard
