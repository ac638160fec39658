#pragma once
// Bans as an operator writes them, one a line, in the configuration or in a file:
//
//     line    = ( "address" address | "user" name ) [ "until" time ]          nothing behind it: for ever
//     time    = 2026-12-24T18:00:00Z | 2026-12-24                             of UTC; of a day its beginning
//
// In a file empty lines count for nothing, nor do those that begin with "#".

#include <patchbay/bans.hpp>

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace patchbay::guard {

/// Errors: std::invalid_argument, which says what is wrong with it.
Ban readBan(std::string_view line);

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
