#pragma once
// What stands beside the payload of a publication that its topic keeps: where it is, whose it is, what it replaces.

#include <cstdint>
#include <string>

namespace patchbay::messaging {

struct PublicationHead {
    std::uint64_t offset = 0;   ///< in its topic's history; 0: passing, it is kept nowhere
    std::string client = {};    ///< the public name of who published it; empty: nobody's
    std::uint64_t request = 0;  ///< by which of its requests; 0: none
    std::string key = {};       ///< of those with one key the newest counts; empty: it has none
    std::uint64_t amends = 0;   ///< the offset of which it is a new version; 0: none
    friend bool operator==(const PublicationHead&, const PublicationHead&) = default;
};

}  // namespace patchbay::messaging
