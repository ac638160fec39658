// A client's opening handshake: any request that it agrees to make is one that a server understands as it was meant, and
// of any answer it accepts only what it has asked for.
//
//   input = host LF target LF subprotocols LF extensions LF field LF answer
//   answer = status LF *(name ":" value LF); a value of "$" stands for the right Sec-WebSocket-Accept

#include "Fuzz.hpp"

#include "protocol/ClientHandshake.hpp"

#include <optional>
#include <stdexcept>

namespace patchbay::fuzz {
namespace {

using namespace protocol;

constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";  // RFC 6455 §1.3

HeaderField fieldOf(std::string_view line) {
    const std::size_t colon = std::min(line.find(':'), line.size());
    return {line.substr(0, colon), trimmed(line.substr(std::min(colon + 1, line.size())))};
}

ClientHandshake readOffer(Input& input) {
    ClientHandshake client;
    client.host = input.line();
    client.target = input.line();
    client.key = kKey;
    for (const std::string_view name : splitList(input.line())) client.subprotocols.emplace_back(name);
    client.extensions = parseExtensions(input.line()).value_or(std::vector<ExtensionTerms>{});
    if (const HeaderField field = fieldOf(input.line()); !field.name.empty())
        client.fields.push_back({std::string{field.name}, std::string{field.value}});
    return client;
}

std::optional<std::string> requestOf(const ClientHandshake& client) {
    try {
        return makeClientRequest(client);
    } catch (const std::invalid_argument&) {
        return std::nullopt;
    }
}

std::string_view takeLine(std::string_view& head) {
    const std::size_t end = head.find("\r\n");
    require(end != std::string_view::npos, "every line of a request ends with CRLF");
    const std::string_view line = head.substr(0, end);
    require(line.find_first_of("\r\n") == std::string_view::npos, "no line of a request holds a CR or an LF");
    head.remove_prefix(end + 2);
    return line;
}

void checkRequest(const ClientHandshake& client, std::string_view head) {
    require(takeLine(head) == "GET " + client.target + " HTTP/1.1", "the request line asks for the target");
    std::vector<HeaderField> fields;
    for (auto line = takeLine(head); !line.empty(); line = takeLine(head)) fields.push_back(fieldOf(line));
    require(head.empty(), "nothing follows the request's empty line");
    require(countFields(fields, "Host") == 1 && firstValue(fields, "Host") == client.host, "one Host, as it was given");
    const ServerHandshake server = readServerHandshake({"GET", 1, 1, fields});
    require(server.isAccepted(), "a server accepts what a client asks for");
    require(server.offeredSubprotocols == client.subprotocols && server.offeredExtensions == client.extensions,
            "a server sees the client's offers");
}

void checkAnswer(const ClientHandshake& client, Input& input) {
    const std::string accept = acceptKey(kKey);
    const int status = input.line() == "101" ? 101 : 200;
    std::vector<HeaderField> fields;
    while (!input.atEnd()) {
        HeaderField field = fieldOf(input.line());
        if (field.value == "$") field.value = accept;
        fields.push_back(field);
    }
    const ServerAnswer answer = checkServerResponse(client, {status, fields});
    if (!answer.isOpen()) return;
    require(status == 101 && firstValue(fields, "Sec-WebSocket-Accept") == accept,
            "only a 101 with the right Sec-WebSocket-Accept opens a connection");
    require(answer.subprotocol.empty() || std::ranges::count(client.subprotocols, answer.subprotocol) != 0,
            "the subprotocol is one that was offered");
    for (const ExtensionTerms& chosen : answer.extensions)
        require(std::ranges::count(client.extensions, chosen.name, &ExtensionTerms::name) != 0,
                "an extension is one that was offered");
}

void run(Input input) {
    const ClientHandshake client = readOffer(input);
    if (const auto request = requestOf(client)) checkRequest(client, *request);
    checkAnswer(client, input);
}

}  // namespace
}  // namespace patchbay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    patchbay::fuzz::run({data, size});
    return 0;
}
