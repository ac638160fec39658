// modules/yjs for tests in Node: a command a line, bytes in hexadecimal (an empty text is `-`), and an answer a line; `!` and a text for a fault.
//
//   merge UPDATE…   diff UPDATE VECTOR   vector UPDATE      updates by themselves
//   new   apply UPDATE   encode   missing VECTOR   known   compact   load UPDATE      one document
//   apply answers: relayed or nothing, what else is relayed, waiting or nothing

#include <patchbay/yjs/document.hpp>

#include <iostream>
#include <sstream>
#include <string>

namespace {

using namespace patchbay::yjs;
using patchbay::Bytes;

Buffer fromHex(const std::string& hex) {
    Buffer bytes;
    for (std::size_t n = 0; n + 1 < hex.size(); n += 2) bytes.push_back(static_cast<std::byte>(std::stoi(hex.substr(n, 2), nullptr, 16)));
    return bytes;
}

std::string toHex(Bytes bytes) {
    std::string hex;
    for (const std::byte one : bytes) {
        hex += "0123456789abcdef"[static_cast<unsigned>(one) >> 4];
        hex += "0123456789abcdef"[static_cast<unsigned>(one) & 15];
    }
    return hex.empty() ? "-" : hex;
}

std::string answer(const Fault& fault, Bytes bytes) { return fault ? "! " + fault.text() : toHex(bytes); }

std::string run(Document& document, const std::string& command, const std::vector<Buffer>& arguments) {
    Buffer out;
    StateVector vector;
    if (command == "merge") {
        const Fault fault = mergeUpdates(std::vector<Bytes>(arguments.begin(), arguments.end()), out);
        return answer(fault, out);
    }
    if (command == "diff") {
        if (const Fault fault = decodeStateVector(arguments.at(1), vector)) return answer(fault, {});
        const Fault fault = diffUpdate(arguments.at(0), vector, out);
        return answer(fault, out);
    }
    if (command == "vector") {
        const Fault fault = stateVectorOf(arguments.at(0), vector);
        return answer(fault, encodeStateVector(vector));
    }
    if (command == "new") {
        document = Document{};
        return "-";
    }
    if (command == "apply") {
        const Applied applied = document.apply(arguments.at(0), 1);
        if (applied.fault) return answer(applied.fault, {});
        return std::string{applied.relaysOriginal ? "relayed " : "- "} + toHex(applied.relay) + (applied.isPending ? " waiting" : " -");
    }
    if (command == "encode") return toHex(document.encode());
    if (command == "known") return toHex(encodeStateVector(document.stateVector()));
    if (command == "missing") {
        const Fault fault = decodeStateVector(arguments.at(0), vector);
        return answer(fault, document.diff(vector));
    }
    if (command == "compact") {
        document.compact();
        return "-";
    }
    if (command == "load") return answer(document.load(arguments.at(0)), {});
    return "! no such command";
}

}  // namespace

int main() {
    Document document;
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words{line};
        std::string command, word;
        words >> command;
        std::vector<Buffer> arguments;
        while (words >> word) arguments.push_back(fromHex(word == "-" ? "" : word));
        std::cout << run(document, command, arguments) << std::endl;
    }
}
