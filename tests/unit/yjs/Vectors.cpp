#include "Vectors.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace patchbay::yjs::test {
namespace {

Vectors read() {
    std::ifstream file{YJS_VECTORS};
    Vectors all;
    for (std::string line; std::getline(file, line);) {
        std::istringstream words{line};
        std::string kind, first, second, third;
        words >> kind >> first >> second >> third;
        if (kind == "vector") all.vectors.push_back({first, {}, {}, {}, {}});
        if (kind == "update") all.vectors.back().updates.push_back(fromHex(first));
        if (kind == "merged") all.vectors.back().merged = fromHex(first);
        if (kind == "state_vector") all.vectors.back().stateVector = fromHex(first);
        if (kind == "diff") all.vectors.back().diffs.emplace_back(fromHex(first), fromHex(second));
        if (kind == "malformed") all.malformed.push_back({first, "", fromHex(second)});
        if (kind == "lib0") all.lib0.push_back({first, second, fromHex(third)});
        if (kind == "frame") all.frames.push_back({first, "", fromHex(second)});
    }
    return all;
}

}  // namespace

Buffer fromHex(std::string_view hex) {
    Buffer bytes;
    for (std::size_t n = 0; n + 1 < hex.size(); n += 2) bytes.push_back(static_cast<std::byte>(std::stoi(std::string{hex.substr(n, 2)}, nullptr, 16)));
    return bytes;
}

std::string toHex(Bytes bytes) {
    std::string hex;
    for (const std::byte one : bytes) {
        for (const unsigned digit : {static_cast<unsigned>(one) >> 4, static_cast<unsigned>(one) & 15}) hex += "0123456789abcdef"[digit];
    }
    return hex;
}

const Vectors& vectors() {
    static const Vectors all = read();
    return all;
}

}  // namespace patchbay::yjs::test
