#pragma once
// What is logged while this object lives, for tests.

#include "base/Log.hpp"

#include <mutex>
#include <string>
#include <vector>

namespace patchbay::test {

/// Requires: one at a time.   Thread: any may log.
class CapturedLog {
public:
    CapturedLog() : before_{log::redirect(&write)} { std::vector<std::string>{}.swap(kept().lines); }
    ~CapturedLog() { log::redirect(before_); }
    CapturedLog(const CapturedLog&) = delete;
    CapturedLog& operator=(const CapturedLog&) = delete;

    /// Each as `source: line`.
    std::vector<std::string> lines() const {
        const std::lock_guard guard{kept().lock};
        return kept().lines;
    }

private:
    struct Kept {
        std::mutex lock;
        std::vector<std::string> lines;
    };
    static Kept& kept() {
        static Kept kept;
        return kept;
    }
    static void write(log::Level, std::string_view source, std::string_view line) {
        const std::lock_guard guard{kept().lock};
        kept().lines.push_back(std::string{source} + ": " + std::string{line});
    }

    log::Sink before_;
};

}  // namespace patchbay::test
