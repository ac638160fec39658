#include "Secret.hpp"

#include <patchbay/log.hpp>

#include <sys/prctl.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>

namespace patchbay::auth_jwt {
namespace {

constexpr std::string_view kPlaces = "file:PATH, env:NAME or credential:NAME";

std::string ofFile(const std::string& path) {
    struct stat about {};
    if (::stat(path.c_str(), &about) == 0 && (about.st_mode & (S_IROTH | S_IWOTH)) != 0) {
        log::warning("auth-jwt", "everybody on this machine can read the secret in " + path + "; chmod o= " + path);
    }
    return textOf(path);
}

std::string ofEnvironment(const std::string& name) {
    const char* const value = std::getenv(name.c_str());
    if (!value) throw std::invalid_argument{"secret: there is no " + name + " in the environment"};
    return value;
}

}  // namespace

std::string textOf(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    if (!file.good() && !file.eof()) throw std::invalid_argument{path + " cannot be read"};
    return text;
}

void hideProcess() noexcept { ::prctl(PR_SET_DUMPABLE, 0); }

std::string readSecret(const std::string& place) {
    const std::size_t colon = place.find(':');
    const std::string kind = place.substr(0, colon);
    if (colon == std::string::npos || (kind != "file" && kind != "env" && kind != "credential")) {
        // It may be the secret itself: it is not shown.
        throw std::invalid_argument{"secret: names where the secret is, not itself: " + std::string{kPlaces}};
    }
    const std::string where = place.substr(colon + 1);
    std::string secret;
    if (kind == "file") secret = ofFile(where);
    if (kind == "env") secret = ofEnvironment(where);
    if (kind == "credential") secret = textOf(ofEnvironment("CREDENTIALS_DIRECTORY") + "/" + where);
    hideProcess();
    while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
    return secret;
}

}  // namespace patchbay::auth_jwt
