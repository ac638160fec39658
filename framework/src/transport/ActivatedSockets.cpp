#include "transport/ActivatedSockets.hpp"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>

namespace patchbay::transport {
namespace {

constexpr int kFirst = 3;
constexpr long kMost = 1024;  // more than any unit has

std::optional<long> number(const char* text) {
    if (!text) return std::nullopt;
    const std::string_view digits{text};
    long value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size() || value < 0) return std::nullopt;
    return value;
}

}  // namespace

std::vector<ActivatedSocket> activatedSockets(const ActivationVariables& variables, long self) {
    std::vector<ActivatedSocket> sockets;
    if (number(variables.pid) != self) return sockets;
    const long count = number(variables.count).value_or(0);
    if (count > kMost) return sockets;
    std::string_view names = variables.names ? variables.names : "";
    for (int i = 0; i < count; ++i) {
        const std::size_t colon = names.find(':');
        const std::string_view name = names.substr(0, colon);
        sockets.push_back({kFirst + i, std::string{name.empty() ? "unknown" : name}});
        names.remove_prefix(colon == std::string_view::npos ? names.size() : colon + 1);
    }
    return sockets;
}

std::vector<ActivatedSocket> activatedSockets() {
    return activatedSockets({std::getenv("LISTEN_PID"), std::getenv("LISTEN_FDS"), std::getenv("LISTEN_FDNAMES")}, ::getpid());
}

}  // namespace patchbay::transport
