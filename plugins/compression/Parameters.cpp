#include "Parameters.hpp"

namespace patchbay::compression {
namespace {

constexpr std::string_view kServerNoContextTakeover = "server_no_context_takeover";
constexpr std::string_view kClientNoContextTakeover = "client_no_context_takeover";
constexpr std::string_view kServerMaxWindowBits = "server_max_window_bits";
constexpr std::string_view kClientMaxWindowBits = "client_max_window_bits";

/// §7.1.2: "a decimal integer value without leading zeroes between 8 to 15, inclusive".
std::optional<int> windowBits(std::string_view text) {
    if (text.size() == 1 && (text[0] == '8' || text[0] == '9')) return text[0] - '0';
    if (text.size() == 2 && text[0] == '1' && text[1] >= '0' && text[1] <= '5') return 10 + text[1] - '0';
    return std::nullopt;
}

bool setFlag(bool& flag, const ExtensionParameter& parameter) {
    const bool isValid = !flag && !parameter.value;
    flag = true;
    return isValid;
}

bool setBits(std::optional<int>& bits, const ExtensionParameter& parameter) {
    if (bits || !parameter.value) return false;
    bits = windowBits(*parameter.value);
    return bits.has_value();
}

bool setClientBits(Parameters& parameters, const ExtensionParameter& parameter) {
    if (parameters.clientMaxWindowBitsNamed) return false;
    parameters.clientMaxWindowBitsNamed = true;
    return !parameter.value || setBits(parameters.clientMaxWindowBits, parameter);
}

bool set(Parameters& parameters, const ExtensionParameter& parameter) {
    if (parameter.name == kServerNoContextTakeover) return setFlag(parameters.serverNoContextTakeover, parameter);
    if (parameter.name == kClientNoContextTakeover) return setFlag(parameters.clientNoContextTakeover, parameter);
    if (parameter.name == kServerMaxWindowBits) return setBits(parameters.serverMaxWindowBits, parameter);
    if (parameter.name == kClientMaxWindowBits) return setClientBits(parameters, parameter);
    return false;
}

void add(ExtensionTerms& terms, std::string_view name, const std::optional<int>& bits) {
    terms.parameters.push_back({std::string{name}, bits ? std::optional{std::to_string(*bits)} : std::nullopt});
}

}  // namespace

std::optional<Parameters> parseOffer(const ExtensionTerms& offer) {
    if (offer.name != kName) return std::nullopt;
    Parameters parameters;
    for (const ExtensionParameter& parameter : offer.parameters)
        if (!set(parameters, parameter)) return std::nullopt;
    return parameters;
}

std::optional<Parameters> parseAnswer(const ExtensionTerms& answer) {
    auto parameters = parseOffer(answer);
    if (parameters && parameters->clientMaxWindowBitsNamed && !parameters->clientMaxWindowBits) return std::nullopt;
    return parameters;
}

ExtensionTerms format(const Parameters& parameters) {
    ExtensionTerms terms{std::string{kName}, {}};
    if (parameters.serverNoContextTakeover) add(terms, kServerNoContextTakeover, std::nullopt);
    if (parameters.clientNoContextTakeover) add(terms, kClientNoContextTakeover, std::nullopt);
    if (parameters.serverMaxWindowBits) add(terms, kServerMaxWindowBits, parameters.serverMaxWindowBits);
    if (parameters.clientMaxWindowBits || parameters.clientMaxWindowBitsNamed)
        add(terms, kClientMaxWindowBits, parameters.clientMaxWindowBits);
    return terms;
}

}  // namespace patchbay::compression
