#pragma once
// Secrets that nobody has seen before, wherever a client of the tests may bring one along: tests/canaries runs whole suites so. Without
// PATCHBAY_TEST_CANARIES in the environment, the name of a file, there are none, and everything here does nothing.
//
//     client ── upgradeRequest(): query, Authorization, Cookie, Sec-WebSocket-Protocol ──▶ server ──▶ log, answers, messages, closes
//                                                                     look() ◀──────────────────────────────'
//
// The file tells which there are, how often they were brought, and each place where one was seen.

#include <string>
#include <string_view>

namespace patchbay::test::canaries {

bool areOut() noexcept;
/// A handshake's target with one in its query.
std::string inQuery(std::string_view target);
/// Its fields with those of them that are not there yet.
std::string inFields(std::string_view fields);
/// Notes each that is in `text`, which comes from `where`.   Thread: any.
void look(std::string_view where, std::string_view text) noexcept;

/// Looks at a text that comes in pieces.
class Stream {
public:
    void look(std::string_view where, std::string_view piece);

private:
    std::string last_;  // of the pieces before, where one may begin
};

}  // namespace patchbay::test::canaries
