#pragma once
// Bans: who is not to come in, and until when. A service of the plugin `guard`: where that is switched on, an endpoint, a module or an HTTP
// handler asks for a `Bans&`; without it a server that has one of these does not start, and says so.
//
//     bans_.ban({.of = Ban::Of::User, .whom = "bob", .end = clock_.timeOfDay() + 24h});

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay {

struct Ban {
    enum class Of : std::uint8_t {
        Address,  ///< of IPv6 the network of 64 bits that it is in: whoever has one address of that has all
        User,
    };
    static constexpr std::chrono::system_clock::time_point kForEver = std::chrono::system_clock::time_point::max();

    Of of = Of::Address;
    /// An address, such as Session::remoteAddress(), with a port or without; or a user's Principal::name.
    std::string whom;
    /// From then on it holds no more.
    std::chrono::system_clock::time_point end = kForEver;
    friend bool operator==(const Ban&, const Ban&) = default;
};

/// Thread: any. They live as long as the server; what the operator bans stands in the configuration.
class Bans {
public:
    virtual ~Bans() = default;
    /// From now on whom it is of gets 403, or 1008 `banned` where it says later who it is; another ban of the same is replaced. Its sessions end
    /// with 1008 `banned`. Returns how many. One more than there is room for replaces the one that would end first.
    /// Errors: std::invalid_argument for what is no address, or a name that is empty or longer than 256 bytes.
    virtual std::size_t ban(const Ban& ban) = 0;
    /// False where there was none, or it is the operator's.
    virtual bool lift(Ban::Of of, std::string_view whom) = 0;
    /// Those that hold, also the operator's; addresses as they are counted, without a port.
    virtual std::vector<Ban> list() const = 0;
};

}  // namespace patchbay
