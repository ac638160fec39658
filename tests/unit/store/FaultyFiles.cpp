#include "FaultyFiles.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <new>

#include <sqlite3.h>

namespace patchbay::test {

/// As SQLite has it: first its own part, then ours, then the real file.
struct FaultyFiles::File : sqlite3_file {
    FaultyFiles* files;
    std::string* path;  // nullptr: not a database's file
    sqlite3_file* real() noexcept { return reinterpret_cast<sqlite3_file*>(this + 1); }
    static File* of(sqlite3_file* file) noexcept { return static_cast<File*>(file); }
};

struct FaultyFiles::Calls {
    static sqlite3_vfs* real() { return sqlite3_vfs_find("unix"); }
    static FaultyFiles* of(sqlite3_vfs* vfs) { return static_cast<FaultyFiles*>(vfs->pAppData); }
    static const sqlite3_io_methods* methodsOf(sqlite3_file* file) { return File::of(file)->real()->pMethods; }

    static int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* handle, int flags, int* outFlags) {
        File* const file = File::of(handle);
        file->pMethods = nullptr;
        file->files = of(vfs);
        file->path = nullptr;
        if (file->files->readOnly_ && (flags & SQLITE_OPEN_MAIN_DB) != 0)
            flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
        const int code = real()->xOpen(real(), path, file->real(), flags, outFlags);
        if (code != SQLITE_OK) return code;
        if (path && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0) {
            file->path = new std::string{path};
            file->files->opened(*file->path);
        }
        file->pMethods = &kMethods;
        return SQLITE_OK;
    }
    static int remove(sqlite3_vfs* vfs, const char* path, int) {
        FaultyFiles* const files = of(vfs);
        if (const int code = files->operation(); code != SQLITE_OK) return code;
        {
            const std::lock_guard guard{files->lock_};
            files->images_.erase(path);
        }
        return real()->xDelete(real(), path, 0);
    }

    static int close(sqlite3_file* handle) {
        File* const file = File::of(handle);
        const int code = methodsOf(handle)->xClose(file->real());
        delete file->path;
        return code;
    }
    static int read(sqlite3_file* handle, void* to, int count, sqlite3_int64 at) {
        File* const file = File::of(handle);
        const int error = file->files->readError_;
        if (error != 0 && file->path) return error;
        return methodsOf(handle)->xRead(file->real(), to, count, at);
    }
    static int write(sqlite3_file* handle, const void* from, int count, sqlite3_int64 at) {
        File* const file = File::of(handle);
        if (!file->path) return methodsOf(handle)->xWrite(file->real(), from, count, at);
        if (const int code = file->files->operation(); code != SQLITE_OK) return code;
        file->files->note(*file->path, {at, std::string(static_cast<const char*>(from), static_cast<std::size_t>(count)), false});
        return methodsOf(handle)->xWrite(file->real(), from, count, at);
    }
    static int truncate(sqlite3_file* handle, sqlite3_int64 size) {
        File* const file = File::of(handle);
        if (!file->path) return methodsOf(handle)->xTruncate(file->real(), size);
        if (const int code = file->files->operation(); code != SQLITE_OK) return code;
        file->files->note(*file->path, {size, {}, true});
        return methodsOf(handle)->xTruncate(file->real(), size);
    }
    static int sync(sqlite3_file* handle, int) {
        File* const file = File::of(handle);
        if (!file->path) return SQLITE_OK;
        if (const int code = file->files->operation(); code != SQLITE_OK) return code;
        file->files->synced(*file->path);
        return SQLITE_OK;
    }
    static int fileSize(sqlite3_file* handle, sqlite3_int64* size) { return methodsOf(handle)->xFileSize(File::of(handle)->real(), size); }
    static int lock(sqlite3_file* handle, int level) { return methodsOf(handle)->xLock(File::of(handle)->real(), level); }
    static int unlock(sqlite3_file* handle, int level) { return methodsOf(handle)->xUnlock(File::of(handle)->real(), level); }
    static int checkLock(sqlite3_file* handle, int* out) { return methodsOf(handle)->xCheckReservedLock(File::of(handle)->real(), out); }
    static int control(sqlite3_file* handle, int op, void* arg) {
        if (op == SQLITE_FCNTL_SIZE_HINT) return SQLITE_OK;  // or the file would grow beside what is noted
        return methodsOf(handle)->xFileControl(File::of(handle)->real(), op, arg);
    }
    static int sectorSize(sqlite3_file* handle) { return methodsOf(handle)->xSectorSize(File::of(handle)->real()); }
    static int traits(sqlite3_file*) { return 0; }  // nothing may be taken for granted
    static int shmMap(sqlite3_file* handle, int page, int size, int extend, void volatile** out) {
        return methodsOf(handle)->xShmMap(File::of(handle)->real(), page, size, extend, out);
    }
    static int shmLock(sqlite3_file* handle, int offset, int count, int flags) { return methodsOf(handle)->xShmLock(File::of(handle)->real(), offset, count, flags); }
    static void shmBarrier(sqlite3_file* handle) { methodsOf(handle)->xShmBarrier(File::of(handle)->real()); }
    static int shmUnmap(sqlite3_file* handle, int removes) { return methodsOf(handle)->xShmUnmap(File::of(handle)->real(), removes); }

    static constexpr sqlite3_io_methods kMethods{2,      close,      read,       write,   truncate, sync,    fileSize,   lock,     unlock, checkLock,
                                                 control, sectorSize, traits,     shmMap,  shmLock,  shmBarrier, shmUnmap, nullptr, nullptr};
};

FaultyFiles::FaultyFiles() : name_{"faulty-" + std::to_string(reinterpret_cast<std::uintptr_t>(this))}, vfs_{std::make_unique<sqlite3_vfs>()} {
    *vfs_ = *Calls::real();
    vfs_->pNext = nullptr;
    vfs_->zName = name_.c_str();
    vfs_->pAppData = this;
    vfs_->szOsFile = static_cast<int>(sizeof(File)) + Calls::real()->szOsFile;
    vfs_->xOpen = Calls::open;
    vfs_->xDelete = Calls::remove;
    // The others of unix's look at their own pAppData only to open.
    sqlite3_vfs_register(vfs_.get(), 0);
}

FaultyFiles::~FaultyFiles() { sqlite3_vfs_unregister(vfs_.get()); }

int FaultyFiles::operation() {
    if (const int error = writeError_; error != 0) return error;
    return left_.fetch_sub(1) <= 0 ? SQLITE_IOERR : SQLITE_OK;
}

void FaultyFiles::apply(std::string& content, const Operation& operation) {
    const auto at = static_cast<std::size_t>(operation.at);
    if (operation.truncates) return content.resize(std::min(content.size(), at));
    content.resize(std::max(content.size(), at + operation.bytes.size()));
    operation.bytes.copy(content.data() + at, operation.bytes.size());
}

void FaultyFiles::note(const std::string& path, Operation operation) {
    const std::lock_guard guard{lock_};
    images_[path].since.push_back(std::move(operation));
}

void FaultyFiles::synced(const std::string& path) {
    ++syncs_;
    const std::lock_guard guard{lock_};
    Image& image = images_[path];
    for (const Operation& operation : image.since) apply(image.durable, operation);
    image.since.clear();
}

void FaultyFiles::opened(const std::string& path) {
    const std::lock_guard guard{lock_};
    const auto [at, isNew] = images_.try_emplace(path);
    if (!isNew) return;
    std::ifstream file{path, std::ios::binary};
    at->second.durable.assign(std::istreambuf_iterator<char>{file}, {});
}

void FaultyFiles::crash(std::mt19937& random) {
    const std::lock_guard guard{lock_};
    for (auto& [path, image] : images_) {
        const bool losesAll = random() % 2 == 0;
        for (const Operation& operation : image.since) {
            if (!losesAll && random() % 2 == 0) apply(image.durable, operation);
        }
        std::ofstream{path, std::ios::binary | std::ios::trunc} << image.durable;
        std::filesystem::remove(path + "-shm");
    }
    images_.clear();
    left_ = INT64_MAX;
    writeError_ = 0;
}

}  // namespace patchbay::test
