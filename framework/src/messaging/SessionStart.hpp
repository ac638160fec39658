#pragma once
// What a handshake comes to, and what a session remembers of it: as little as there is, since most sessions only rest.

#include <patchbay/extension.hpp>
#include <patchbay/principal.hpp>
#include <patchbay/session.hpp>

#include <any>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay::messaging {

using Properties = std::map<std::string, std::shared_ptr<const std::any>, std::less<>>;

/// What a handshake comes to.
struct SessionStart {
    std::string uri;
    std::string subprotocol;  // the application's
    bool isWire = false;      // the client speaks `patchbay.1`
    std::vector<ExtensionTerms> extensions;
    std::string remoteAddress;
    bool secure = false;
    std::vector<std::string> path;  // the values of the template's variables
    Principal principal;
    std::optional<std::chrono::milliseconds> authenticateWithin;  // how long it may be nobody's
    std::map<std::string, std::any, std::less<>> properties;
    std::shared_ptr<void> instance;
};

/// What a session remembers of it: two texts in one block; the rest in another, which most do without.
class Origin {
public:
    /// Takes what it remembers out of `start`.
    explicit Origin(SessionStart& start);

    std::string_view uri() const noexcept { return {texts_.get(), uriBytes_}; }
    std::string_view remoteAddress() const noexcept { return {texts_.get() + uriBytes_, addressBytes_}; }
    bool isSecure() const noexcept { return secure_; }
    std::span<const std::string> path() const noexcept { return rest_ ? rest_->path : std::span<const std::string>{}; }
    const std::string& subprotocol() const noexcept { return rest().subprotocol; }
    const std::vector<ExtensionTerms>& extensions() const noexcept { return rest().extensions; }
    /// Never nullptr.
    const std::shared_ptr<const Principal>& principal() const noexcept { return rest().principal; }

private:
    struct Rest {
        std::string subprotocol;
        std::vector<ExtensionTerms> extensions;
        std::vector<std::string> path;
        std::shared_ptr<const Principal> principal;
    };
    const Rest& rest() const noexcept;

    std::unique_ptr<char[]> texts_;     // the URI, then the address
    std::unique_ptr<const Rest> rest_;  // nullptr: all of it is empty
    std::uint32_t uriBytes_;
    std::uint16_t addressBytes_;
    bool secure_;
};

}  // namespace patchbay::messaging
