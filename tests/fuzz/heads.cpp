// Request heads: the gate's look at any bytes, in chunks and as a whole, and the server's opening handshake behind it.
//
//   input = chunk  chunk  head

#include "Fuzz.hpp"

#include "http/RequestHead.hpp"
#include "protocol/ClientHandshake.hpp"

namespace patchbay::fuzz {
namespace {

using namespace protocol;
using http::HeadResult;
using http::HeadState;
using http::RequestHead;

constexpr http::HeadLimits kLimits{.maxHeadBytes = 2_KiB, .maxRequestLine = 256, .maxFields = 12};

struct Verdict {
    HeadResult result;
    RequestHead head;
};

Verdict readWhole(std::string_view bytes) {
    Verdict verdict;
    std::size_t scanned = 0;
    verdict.result = readHead(bytes, kLimits, verdict.head, scanned);
    return verdict;
}

/// As the gate does it: again with all that has come, until there is a verdict.
Verdict readChunked(std::string_view bytes, std::size_t first, std::size_t second) {
    Verdict verdict;
    std::size_t scanned = 0;
    std::size_t come = 0;
    for (Chunks chunks{bytes, first, second}; !chunks.atEnd() && verdict.result.state == HeadState::Incomplete;) {
        come += chunks.next().size();
        verdict.result = readHead(bytes.substr(0, come), kLimits, verdict.head, scanned);
    }
    return verdict;
}

bool sameFields(const std::vector<HeaderField>& a, const std::vector<HeaderField>& b) {
    return std::ranges::equal(a, b, [](const HeaderField& x, const HeaderField& y) {
        return x.name == y.name && x.value == y.value;
    });
}

bool sameHead(const RequestHead& a, const RequestHead& b) {
    return a.method == b.method && a.target == b.target && a.minorVersion == b.minorVersion &&
           a.contentLength == b.contentLength && a.wantsWebSocket == b.wantsWebSocket && a.keepAlive == b.keepAlive &&
           a.expectContinue == b.expectContinue && sameFields(a.headers(), b.headers());
}

/// What was understood, written in the plainest way, is understood the same.
void checkRewritten(const RequestHead& head) {
    std::string plain{head.method};
    plain.append(" ").append(head.target).append(head.minorVersion == 1 ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
    for (const HeaderField& field : head.headers()) plain.append(field.name).append(": ").append(field.value).append("\r\n");
    plain += "\r\n";
    http::HeadLimits roomier = kLimits;  // a space may have come in behind each colon
    roomier.maxRequestLine += 1;
    roomier.maxHeadBytes += kLimits.maxFields;
    RequestHead again;
    std::size_t scanned = 0;
    require(readHead(plain, roomier, again, scanned).state == HeadState::Complete, "a rewritten head is a head");
    require(sameHead(head, again), "a rewritten head says the same");
}

/// Who accepts a client's offer can answer so that this client accepts the answer.
void checkHandshake(const RequestHead& head) {
    const ServerHandshake server = readServerHandshake({head.method, 1, head.minorVersion, head.headers()});
    require(server.isAccepted() == server.problem.empty(), "a refusal says why, an acceptance has no problem");
    if (!server.isAccepted()) return;
    require(parseExtensions(formatExtensions(server.offeredExtensions)) == server.offeredExtensions,
            "extensions that were read are written so that they read the same");
    ClientHandshake client;
    client.key = head.header("Sec-WebSocket-Key");
    client.subprotocols = server.offeredSubprotocols;
    client.extensions = server.offeredExtensions;
    const std::string chosen = client.subprotocols.empty() ? std::string{} : client.subprotocols.back();
    const auto answer = answerFields(server, chosen, server.offeredExtensions);
    std::vector<HeaderField> fields;
    for (const AnswerField& field : answer) fields.push_back({field.name, field.value});
    const ServerAnswer seen = checkServerResponse(client, {server.status, fields});
    require(seen.isOpen() && seen.subprotocol == chosen && seen.extensions == server.offeredExtensions,
            "the client accepts the answer to its own offer");
}

void run(Input input) {
    const std::size_t first = input.byte();
    const std::size_t second = input.byte();
    const Verdict whole = readWhole(input.rest());
    const Verdict chunked = readChunked(input.rest(), first, second);
    if (!input.atEnd()) {
        require(whole.result.state == chunked.result.state && whole.result.status == chunked.result.status &&
                    whole.result.problem == chunked.result.problem,
                "the verdict does not depend on how a head was cut");
    }
    if (whole.result.state == HeadState::Bad)
        require(whole.result.status >= 400 && !whole.result.problem.empty(), "a refusal has a status and a reason");
    if (whole.result.state != HeadState::Complete) return;
    require(whole.head.headBytes <= input.rest().size() && whole.head.headBytes <= kLimits.maxHeadBytes,
            "a head ends within what has come, and within its limit");
    require(sameHead(whole.head, chunked.head) && whole.head.headBytes == chunked.head.headBytes,
            "chunks give the same head as the whole");
    checkRewritten(whole.head);
    checkHandshake(whole.head);
}

}  // namespace
}  // namespace patchbay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    patchbay::fuzz::run({data, size});
    return 0;
}
