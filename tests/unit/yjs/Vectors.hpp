#pragma once
// What yjs itself writes (vectors.txt).

#include <patchbay/yjs/encoding.hpp>

#include <string>
#include <utility>
#include <vector>

namespace patchbay::yjs::test {

Buffer fromHex(std::string_view hex);
std::string toHex(Bytes bytes);

struct Vector {
    std::string id;
    std::vector<Buffer> updates;
    Buffer merged;
    Buffer stateVector;
    std::vector<std::pair<Buffer, Buffer>> diffs;  // state vector, update
};
struct Named {
    std::string name;
    std::string value;  // what lib0's numbers are
    Buffer bytes;
};

struct Vectors {
    std::vector<Vector> vectors;
    std::vector<Named> malformed, lib0, frames;
};
const Vectors& vectors();

}  // namespace patchbay::yjs::test
