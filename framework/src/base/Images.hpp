#pragma once
// The shared libraries that may be unmapped: where they lie, and how many pins (patchbay/detail/Image.hpp) keep them.
//
// Few libraries come and go, and each task asks: so the list is an immutable array that is read without a lock. What it
// was before stays in memory, a few words for each library that is ever loaded.

#include <patchbay/detail/Image.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace patchbay::images {

/// A part of the address space.
struct Range {
    std::uintptr_t begin;
    std::uintptr_t end;
};

/// From here on code in `ranges` is that of a library that may be unmapped, and that one has opened.   Thread: any.
detail::Image* add(std::string name, std::vector<Range> ranges);
/// One more has opened it: another server, or one that found it still mapped.
void open(detail::Image& image) noexcept;
/// One of them has gone. True when nobody else has it open.
bool close(detail::Image& image) noexcept;
/// How many pins keep it.
std::size_t pins(const detail::Image& image) noexcept;
/// Waits until nothing pins it. False when something still does at `deadline`.   Thread: any.
bool waitUntilUnpinned(const detail::Image& image, std::chrono::steady_clock::time_point deadline);
const std::string& nameOf(const detail::Image& image) noexcept;
/// It is about to be unmapped, and none of these from here on. Returns how often it was opened; 0, and it stays, where
/// somebody has it open (again) or something pins it.   Requires: nobody opens it until it is unmapped.
int remove(detail::Image& image) noexcept;

}  // namespace patchbay::images
