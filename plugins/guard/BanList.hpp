#pragma once
// Bans as an operator writes them, one a line, in the configuration or in a file:
//
//     line    = ( "address" network | "user" name ) [ "until" time ] [ "because" text ]     without "until": for ever
//     network = 192.0.2.7 | 192.0.2.0/24 | 2001:db8:1:2:: | 2001:db8::/48
//     time    = 2026-12-24T18:00:00Z | 2026-12-24                                           of UTC; of a day its beginning
//
// In a file empty lines count for nothing, nor do those that begin with "#". Why is for who reads them, and nobody else.

#include <patchbay/bans.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace patchbay::guard {

constexpr std::size_t kLongestName = 256;
/// Errors: std::invalid_argument where it is of nobody.
void requireWhom(const Ban& ban);

struct BanLine {
    Ban ban;
    std::string because = {};
    friend bool operator==(const BanLine&, const BanLine&) = default;
};

/// Errors: std::invalid_argument, which says what is wrong with it.
BanLine readBan(std::string_view line);
/// As it is read.   Errors: std::invalid_argument for what no line can say, such as a name with a line's end in it.
std::string textOf(const BanLine& line);
/// `2026-12-24T18:00:00Z`.
std::string textOf(std::chrono::system_clock::time_point time);

/// All of a file of at most 4 MiB.   Errors: std::invalid_argument.
std::string readBanFile(const std::string& path);
/// Of a whole file; `eachLine` is given each line as it is, and what it says if anything.
/// Errors: std::invalid_argument, which begins with file and line.
void readBans(const std::string& path, std::string_view text, const std::function<void(std::string_view, std::optional<BanLine>)>& eachLine);

/// A file of them, read again when it has changed.   Thread: any.
class BanFile {
public:
    explicit BanFile(std::string path) : path_{std::move(path)} {}

    const std::string& path() const noexcept { return path_; }
    /// What is in it, where it is not as it was when this was last called.
    /// Errors: std::invalid_argument, with the line, or for what cannot be read; the next call returns nothing until that is changed.
    std::optional<std::vector<Ban>> readIfChanged();

private:
    const std::string path_;
    std::mutex lock_;  // guards what follows
    std::optional<std::string> read_;
    bool failed_ = false;  // and has said so
};

}  // namespace patchbay::guard
