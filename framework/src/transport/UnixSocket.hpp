#pragma once
// A Unix socket's file: made when an address is bound, removed when it is no longer listened on.
//
//     nothing there ............ made
//     a socket that is dead .... what a server left that did not end by itself: removed, and made anew
//     a socket that answers .... another server's: refused
//     anything else ............ refused; no file of anybody's is removed
//
// It listens at once: a file without a listener is what a dead one looks like. Meanwhile its folder is locked (flock), so that of two
// servers that start at the same moment one gets it and the other is refused.   Source: unix(7), flock(2)

#include "transport/Socket.hpp"

#include <cstdint>
#include <string>

namespace patchbay::transport {

class UnixSocketFile {
public:
    UnixSocketFile() = default;
    /// Errors: std::system_error, its text for the operator.   Units of `mode`: as of chmod(2).
    UnixSocketFile(std::string path, unsigned mode, int backlog);
    UnixSocketFile(UnixSocketFile&& other) noexcept;
    UnixSocketFile& operator=(UnixSocketFile&& other) noexcept;
    ~UnixSocketFile() { remove(); }

    Socket takeSocket() noexcept { return std::move(socket_); }
    /// Removes the file, if it is still this one: best while it is listened on, since nobody takes it for a dead one's then.
    void remove() noexcept;

private:
    void unlinkOurs() noexcept;

    Socket socket_;
    std::string path_;
    std::uint64_t device_ = 0;
    std::uint64_t inode_ = 0;
};

}  // namespace patchbay::transport
