#pragma once
// A carrier of somebody else's: sessions over plain HTTP requests, one that waits for what comes and others that bring what goes.
//
//     POST   /polling?to=<target>   201 and the session's key, or what the handshake is refused with
//     GET    /polling/{key}         200 and what the session has said since, as soon as there is some; 204 when there was nothing for a
//                                   while; 404 for an unknown key, and behind a goodbye
//     GET    /polling/{key}/stream  the same as one answer that does not end before the session does; 409 while there is one
//     POST   /polling/{key}         a message, text where its Content-Type says so; 204, or 503 while the session takes no more, or 410
//     DELETE /polling/{key}         the peer's goodbye; 204
//
//     answer   = *( kind size LF payload )          kind = "t" text | "b" bytes | "c" goodbye, its payload `code SP text`
//                                                   "T" | "B": a part of such a message, of which more follows
//     size     = decimal, of the payload in bytes
//
// Uses public headers only.

#include <patchbay/plugin.hpp>
#include <patchbay/server_container.hpp>

#include <memory>

namespace patchbay::test {

class Polling final : public Plugin {
public:
    void install(ServerContainer& server) override;

private:
    class Poll;
    class PollCarrier;
    class Table;
};

}  // namespace patchbay::test
