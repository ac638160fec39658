#pragma once
// What a document holds: a run of structs and the deletes of each client.

#include "DeleteSet.hpp"
#include "StructRun.hpp"

#include <functional>
#include <map>

namespace patchbay::yjs::detail {

struct Client {
    explicit Client(ClientId id) noexcept : run{id} {}

    StructRun run;
    DeletedRanges deleted;  // of structs that are in the run
};

/// In the order in which updates have them.
using Clients = std::map<ClientId, Client, std::greater<>>;

inline Clock endOf(const Clients& clients, ClientId client) noexcept {
    const auto found = clients.find(client);
    return found == clients.end() ? 0 : found->second.run.end();
}

/// The same document, as small as yjs would have it. See Document::compact().
Clients compacted(const Clients& clients);

}  // namespace patchbay::yjs::detail
