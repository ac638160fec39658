#pragma once
// Writes lines to a file by a thread of its own: who adds one waits for no disk. What the file does not take waits in a bounded
// queue; beyond it lines are lost, counted, and the count is written.

#include <condition_variable>
#include <cstddef>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace patchbay::access_log {

class Writer {
public:
    /// Appends to `file`, which others than its owner and group cannot read when this makes it; empty: standard output.   Units: `most` lines wait.
    /// Errors: std::invalid_argument when it cannot be written.
    Writer(const std::string& file, std::size_t most);
    ~Writer() { finish(); }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    /// A line with its end.   Thread: any.   Errors: std::bad_alloc.
    void add(std::string line);
    /// Begins to write, what was added before too. Once is enough.   Thread: as finish(), one call at a time.
    void start();
    /// Returns when all that was added is written.
    void finish() noexcept;

private:
    void run() noexcept;
    bool take(std::vector<std::string>& lines, std::size_t& lost);
    void write(const std::vector<std::string>& lines, std::size_t lost) noexcept;

    std::ofstream file_;
    std::ostream& out_;  // the writing thread's
    const std::size_t most_;
    std::mutex lock_;  // guards what follows; nobody writes under it
    std::condition_variable changed_;
    std::vector<std::string> lines_;
    std::size_t lost_ = 0;
    bool finishing_ = false;
    std::thread thread_;
};

}  // namespace patchbay::access_log
