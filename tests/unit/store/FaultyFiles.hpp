#pragma once
// A file system for SQLite that does what disks do: it refuses when it is told to, and at a crash loses what has not been synced.
//
// Files are real ones of SQLite's own file system. What has been written since a file's last sync is noted beside; crash() puts every file back
// to what would be on the disk: what was synced, and of each write since then by chance all or nothing. Syncs themselves are not passed on.

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3_file;
struct sqlite3_io_methods;
struct sqlite3_vfs;

namespace patchbay::test {

/// Thread: any.   Requires: it outlives the databases that use it.
class FaultyFiles {
public:
    FaultyFiles();
    ~FaultyFiles();
    FaultyFiles(const FaultyFiles&) = delete;
    FaultyFiles& operator=(const FaultyFiles&) = delete;

    /// Its name for DatabaseOptions::vfs.
    const std::string& name() const noexcept { return name_; }

    /// Writes, truncations and syncs come to that code of SQLite's from now on; 0: they work.
    void failWritesWith(int code) { writeError_ = code; }
    /// The same for reads.
    void failReadsWith(int code) { readError_ = code; }
    /// Databases are opened for reading only from now on.
    void beReadOnly(bool readOnly) { readOnly_ = readOnly; }
    /// After so many more writes and syncs the machine stands still: none works any longer.
    void stopAfter(std::int64_t operations) { left_ = operations; }
    bool hasStopped() const { return left_.load() < 0; }
    std::int64_t syncs() const { return syncs_.load(); }

    /// Puts the files back to what a disk would have of them.   Requires: no database has them open.
    void crash(std::mt19937& random);

private:
    struct Operation {
        std::int64_t at;
        std::string bytes;
        bool truncates;
    };
    struct Image {
        std::string durable;
        std::vector<Operation> since;
    };
    struct File;
    struct Calls;  // what SQLite calls

    int operation();
    void note(const std::string& path, Operation operation);
    void synced(const std::string& path);
    void opened(const std::string& path);
    static void apply(std::string& content, const Operation& operation);

    const std::string name_;
    std::unique_ptr<sqlite3_vfs> vfs_;
    std::atomic<int> writeError_{0};
    std::atomic<int> readError_{0};
    std::atomic<bool> readOnly_{false};
    std::atomic<std::int64_t> left_{INT64_MAX};
    std::atomic<std::int64_t> syncs_{0};
    std::mutex lock_;  // guards what follows
    std::map<std::string, Image> images_;
};

}  // namespace patchbay::test
