#include "transport/UnixSocket.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <system_error>
#include <utility>

namespace patchbay::transport {
namespace {

[[noreturn]] void refuse(const std::string& path, int error, const std::string& advice) {
    throw std::system_error{error, std::system_category(), "cannot listen on unix:" + path + ": " + advice};
}

sockaddr_un addressOf(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) refuse(path, ENAMETOOLONG, "the path of a Unix socket has 1 to 107 bytes");
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

Socket streamSocket(const std::string& path) {
    Socket socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!socket) refuse(path, errno, "no socket can be made");
    return socket;
}

bool isSocket(const std::string& path) noexcept {
    struct stat found{};
    return ::lstat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode);
}

/// Nobody listens on it any more.
bool isDead(const std::string& path, const sockaddr_un& address) {
    const Socket probe = streamSocket(path);
    return ::connect(probe.descriptor(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 && errno == ECONNREFUSED;
}

/// One server at a time looks at what is there and makes its own: else two that start at once each take the other's file for a dead one's.
class FolderLock {
public:
    /// Waits for who has it, but not for ever: a folder that all may read may be locked by anybody.
    explicit FolderLock(const std::string& path) noexcept {
        constexpr int kTries = 200;
        constexpr timespec kPause{.tv_sec = 0, .tv_nsec = 10'000'000};
        const auto slash = path.rfind('/');
        const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
        folder_ = Socket{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};  // what may not be read is not locked
        for (int tries = 0; folder_ && ::flock(folder_.descriptor(), LOCK_EX | LOCK_NB) != 0; ++tries) {
            if (errno != EWOULDBLOCK || tries == kTries) {
                isTaken_ = errno == EWOULDBLOCK;
                return;
            }
            ::nanosleep(&kPause, nullptr);
        }
    }
    bool isTaken() const noexcept { return isTaken_; }

private:
    Socket folder_;  // and with it the lock
    bool isTaken_ = false;
};

std::string adviceFor(int error) {
    switch (error) {
        case ENOENT: return "its folder is not there; under systemd RuntimeDirectory= makes one in /run";
        case EACCES:
        case EPERM:
        case EROFS: return "permission denied: its folder must be writable for this user";
        default: return "check its path";
    }
}

}  // namespace

UnixSocketFile::UnixSocketFile(std::string path, unsigned mode, int backlog) : path_{std::move(path)} {
    const sockaddr_un address = addressOf(path_);
    const FolderLock lock{path_};
    if (lock.isTaken()) refuse(std::exchange(path_, {}), EWOULDBLOCK, "somebody else holds the lock on its folder (flock); is another server starting?");
    Socket socket = streamSocket(path_);
    const auto bind = [&] { return ::bind(socket.descriptor(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0; };
    bool bound = bind();
    if (!bound && errno == EADDRINUSE) {
        const std::string path = std::exchange(path_, {});  // it is not ours
        if (!isSocket(path)) refuse(path, EADDRINUSE, "there is a file that is no socket; remove it, or choose another path");
        if (!isDead(path, address)) refuse(path, EADDRINUSE, "address in use: is another server running? Stop it, or choose another path");
        ::unlink(path.c_str());
        bound = bind();
        path_ = path;
    }
    if (!bound) {
        const int error = errno;
        refuse(std::exchange(path_, {}), error, adviceFor(error));
    }
    struct stat made{};
    const bool known = ::lstat(path_.c_str(), &made) == 0;
    device_ = made.st_dev;
    inode_ = made.st_ino;
    // Before it listens: nobody connects by the rights that the umask has given it.
    if (!known || ::chmod(path_.c_str(), mode) != 0 || ::listen(socket.descriptor(), backlog) != 0) {
        const int error = errno;
        const std::string path = path_;
        unlinkOurs();
        refuse(path, error, "it cannot be listened on");
    }
    socket_ = std::move(socket);
}

UnixSocketFile::UnixSocketFile(UnixSocketFile&& other) noexcept
    : socket_{std::move(other.socket_)}, path_{std::exchange(other.path_, {})}, device_{other.device_}, inode_{other.inode_} {}

UnixSocketFile& UnixSocketFile::operator=(UnixSocketFile&& other) noexcept {
    if (this == &other) return *this;
    remove();
    socket_ = std::move(other.socket_);
    path_ = std::exchange(other.path_, {});
    device_ = other.device_;
    inode_ = other.inode_;
    return *this;
}

void UnixSocketFile::remove() noexcept {
    if (path_.empty()) return;
    const FolderLock lock{path_};
    unlinkOurs();
}

void UnixSocketFile::unlinkOurs() noexcept {
    struct stat now{};
    if (::lstat(path_.c_str(), &now) == 0 && now.st_dev == device_ && now.st_ino == inode_) ::unlink(path_.c_str());
    path_.clear();
}

}  // namespace patchbay::transport
