#pragma once
// A certificate for tests, made when it is asked for: self-signed, with its key, both as files.

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay::test {

/// A folder that is removed with its owner, and everything in it.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::string& path() const noexcept { return path_; }
    /// The path of a file in it, which gets this content.
    std::string write(const std::string& name, std::string_view content) const;

private:
    std::string path_;
};

/// Valid for its host names from `from` to `until`, counted from now.
class Certificate {
public:
    explicit Certificate(std::vector<std::string> hosts = {"localhost"}, std::chrono::hours from = std::chrono::hours{-1},
                         std::chrono::hours until = std::chrono::hours{24});

    const std::string& file() const noexcept { return file_; }
    const std::string& keyFile() const noexcept { return keyFile_; }
    /// The certificate in PEM.
    const std::string& pem() const noexcept { return pem_; }
    const std::string& keyPem() const noexcept { return keyPem_; }

private:
    TemporaryFolder folder_;
    std::string pem_;
    std::string keyPem_;
    std::string file_;
    std::string keyFile_;
};

}  // namespace patchbay::test
