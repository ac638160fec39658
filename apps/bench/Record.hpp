#pragma once
// The one JSON object that patchbay-bench sends and gets back, read whatever the server's formatting: white space,
// order, escapes and spellings of numbers are free, what it says is not.

#include "wire/Stream.hpp"

#include <string>
#include <vector>

namespace bench {

struct Record {
    std::string text;
    double number = 0;
    std::vector<std::string> list;

    bool operator==(const Record&) const = default;
};

/// Errors: std::runtime_error for anything but such an object with these three members and no other.
Record readRecord(Bytes json);

}  // namespace bench
